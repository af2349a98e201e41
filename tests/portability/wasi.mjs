// Runs a WebAssembly program with its arguments; it sees the directory that it is started in, and
// what its arguments name.

import { readFile } from "node:fs/promises";
import { isAbsolute } from "node:path";
import { WASI } from "node:wasi";

const [program, ...rest] = process.argv.slice(2);
const wasi = new WASI({
    version: "preview1",
    args: [program, ...rest],
    preopens: Object.fromEntries([".", ...rest.filter(isAbsolute)].map((path) => [path, path])),
});
const module = await WebAssembly.compile(await readFile(program));
process.exit(wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject())));
