"""Puts chatroom.hpp into an sdist: it stands above the package, at the root of the repository.

Run by `meson dist`, which tells in MESON_DIST_ROOT where the sdist is gathered.
"""

import os
import shutil
import sys
from pathlib import Path

root = Path(os.environ["MESON_SOURCE_ROOT"], sys.argv[1])
shutil.copy(root / "chatroom.hpp", os.environ["MESON_DIST_ROOT"])
