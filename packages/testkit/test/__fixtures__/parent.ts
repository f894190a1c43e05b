import { startProcess } from "../../src/index.ts";

// Starts a service and waits to be killed.
const child = startProcess({ entry: new URL("./service.ts", import.meta.url), name: "child" });
await child.waitForLog((line) => line === "ready");
process.stdout.write(`child ${child.pid}\n`);
