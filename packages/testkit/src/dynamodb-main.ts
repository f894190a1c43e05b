import { parseArgs } from "node:util";
import { startDynamodb } from "./start-dynamodb.ts";

// The emulated DynamoDB as a process of its own, so that a test can kill it: --port N --data-dir DIR.
const { values } = parseArgs({ options: { port: { type: "string" }, "data-dir": { type: "string" } } });
const dynamodb = await startDynamodb({
  port: Number(values.port ?? 0),
  ...(values["data-dir"] === undefined ? {} : { dataDir: values["data-dir"] }),
});
process.stdout.write(`listening at ${dynamodb.url}\n`);
process.once("SIGTERM", () => void dynamodb.stop());
