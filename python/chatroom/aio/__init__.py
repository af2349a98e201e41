"""An engine for asyncio."""
