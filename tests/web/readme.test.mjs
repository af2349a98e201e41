// The README's client, as it stands there, against a real server.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const program = process.env.CHATROOM_WEB_CHAT;
const root = fileURLToPath(new URL("../..", import.meta.url));
const major = Number(process.versions.node.split(".")[0]);   // Older ones have no WebSocket.
const skip = !program ? "no web_chat" : major < 20 ? "Node 20 has the first WebSocket" : false;

/** Resolves with the first text of a stream that matches. */
function said(stream, pattern) {
    let all = "";
    return new Promise((resolve, reject) => {
        stream.setEncoding("utf8");
        stream.on("data", (data) => {
            all += data;
            const found = pattern.exec(all);
            if (found) resolve(found);
        });
        stream.on("end", () => reject(new Error(`ended without ${pattern}: ${all}`)));
    });
}

test("the client of the README hears itself", { skip, timeout: 20000 }, async () => {
    const source = /```js\n([^]*?)```/.exec(readFileSync(`${root}/README.md`, "utf8"))[1];
    assert.match(source, /127\.0\.0\.1:8000/);
    const server = spawn(program, ["--port", "0"]);
    const flags = major < 22 ? ["--experimental-websocket"] : [];
    const client = spawn(process.execPath, [...flags, "--input-type=module", "-"], { cwd: root });
    try {
        const [, port] = await said(server.stdout, /listening on http:\/\/127\.0\.0\.1:(\d+)\//);
        client.stdin.end(source.replace("127.0.0.1:8000", `127.0.0.1:${port}`));
        await said(client.stdout, /^ann: hello$/m);
    } finally {
        client.kill();
        server.kill();
    }
});
