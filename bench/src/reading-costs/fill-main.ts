import { parseArgs } from "node:util";
import { openBulk } from "@switchyard/shared/ledger-bulk";
import { endedCalls } from "./ended-calls.ts";

// Writes the calls of some hours, in a process of its own, which the credentials of the emulator are set for.
const text = { type: "string", default: "" } as const;
const { values } = parseArgs({
  options: { endpoint: text, "first-ms": text, "per-hour": text, "from-hour": text, "to-hour": text },
});
const HOUR_MS = 3_600_000;
const bulk = openBulk({ tableName: "switchyard", region: "us-east-1", endpoint: values.endpoint });
const count = Number(values["per-hour"]);
let totals = 0;
for (let hour = Number(values["from-hour"]); hour < Number(values["to-hour"]); hour += 1)
  totals += await bulk.write(endedCalls({ hourMs: Number(values["first-ms"]) + hour * HOUR_MS, count }));
bulk.close();
process.stdout.write(`result ${JSON.stringify({ totals })}\n`);
