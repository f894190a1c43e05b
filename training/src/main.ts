import { readFileSync } from "node:fs";
import { FEEDBACK_USAGE, trainFromFeedback } from "./feedback/command.ts";

// pnpm hands a separating "--" on.
const args = process.argv.slice(2).filter((argument) => argument !== "--");
try {
  if (!args.includes("--from-feedback")) throw new RangeError(FEEDBACK_USAGE);
  const source = { environment: process.env, readFile: (path: string) => readFileSync(path, "utf8") };
  const { report, written } = await trainFromFeedback(args, source);
  console.log(report);
  for (const path of written) console.log(`wrote ${path}`);
  if (written.length === 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
