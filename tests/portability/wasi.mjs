// Runs a WebAssembly program with its arguments; it sees the directory that it is started in, and
// what its arguments name.

import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [program, ...rest] = process.argv.slice(2);
const wasi = new WASI({
    version: "preview1",
    args: [program, ...rest],
    preopens: { "/": "/", ".": "." },
    returnOnExit: false,    // Coming back from a program that ended early, Node 20 may crash.
});
const module = await WebAssembly.compile(await readFile(program));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
