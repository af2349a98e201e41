// A plain client of Socket.IO: node socketio_client.cjs <node_modules> <url>
// Says something in the room "node", and ends when another one has answered.
const [modules, url] = process.argv.slice(2);
const { io } = require(modules + "/socket.io-client");

const socket = io(url, { auth: { username: "node" }, reconnection: false });
const fail = (why) => { console.log("failed:", why); process.exit(1); };
setTimeout(fail, 20000, "nothing happened");
socket.on("connect_error", fail);
socket.on("connect", async () => {
  const joined = await socket.emitWithAck("join", { room: "node" });
  if (!joined.ok) fail(JSON.stringify(joined));
  const said = await socket.emitWithAck("message", { room: "node", text: "hello from node" });
  if (!said.ok) fail(JSON.stringify(said));
});
socket.on("message", ({ nick, text }) => {
  console.log(`${nick}: ${text}`);
  if (nick !== "node") process.exit(0);
});
