import { readFileSync } from "node:fs";
import { TRAINING_USAGE, trainFromPrompts } from "./classifier/command.ts";
import { FEEDBACK_USAGE, trainFromFeedback } from "./feedback/command.ts";

// pnpm hands a separating "--" on.
const args = process.argv.slice(2).filter((argument) => argument !== "--");
try {
  if (args.includes("--help")) console.log(`${TRAINING_USAGE}\n\n${FEEDBACK_USAGE}`);
  else
    process.exitCode = args.includes("--from-feedback")
      ? await fromFeedback()
      : trainFromPrompts(args, console.log);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}

async function fromFeedback(): Promise<number> {
  const source = { environment: process.env, readFile: (path: string) => readFileSync(path, "utf8") };
  const { report, written } = await trainFromFeedback(args, source);
  console.log(report);
  for (const path of written) console.log(`wrote ${path}`);
  return written.length === 0 ? 1 : 0;
}
