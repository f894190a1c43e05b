import { readFileSync } from "node:fs";
import { manageLedger } from "./manage-ledger.ts";

// A program, so its environment is read here: `node services/cost/src/ledger.ts verify --tenant acme`. It ends with 0
// when all totals are the sum of their rows, with 1 when some are not, and with 2 when that cannot be said.
try {
  // biome-ignore lint/style/noProcessEnv: this is an entry, as main.ts is.
  const source = { environment: process.env, readFile: (path: string) => readFileSync(path, "utf8") };
  const isRight = await manageLedger(process.argv.slice(2), source, (line) =>
    process.stdout.write(`${line}\n`),
  );
  process.exitCode = isRight ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
