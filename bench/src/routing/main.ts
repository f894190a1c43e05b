import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describeMachine } from "../machine.ts";
import { rounded } from "../report.ts";
import { commandOf, ROUTING_USAGE, readArguments, resultNameOf } from "./arguments.ts";
import { readInputs } from "./inputs.ts";
import { renderRun } from "./render-run.ts";
import { runRouting } from "./run-routing.ts";
import { shippedSubject } from "./subject.ts";

/** So many are read by a person; more of a kind say nothing new. */
const PROBLEMS_SHOWN = 50;

function stopFor(problems: readonly string[]): void {
  if (problems.length === 0) return;
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) console.error(problem);
  if (problems.length > PROBLEMS_SHOWN) console.error(`and ${problems.length - PROBLEMS_SHOWN} more`);
  process.exit(2);
}

if (process.argv.includes("--help")) {
  console.log(ROUTING_USAGE);
  process.exit(0);
}
const problems: string[] = [];
const read = readArguments(process.argv.slice(2), problems);
stopFor(problems);
const subject = shippedSubject();
const inputs = readInputs(read, subject.trainedOn, problems);
stopFor(problems);

const machine = describeMachine();
const startedAt = performance.now();
const run = await runRouting({ read, inputs, judge: subject.judge });
const tookSeconds = Math.round((performance.now() - startedAt) / 100) / 10;
console.log(renderRun(run).join("\n"));
console.log(`\nseed ${read.seed}; ${tookSeconds} s; load average before: ${machine.loadAverage}`);

if (read.isWritten) {
  const standard = new URL(`../../results/routing-${resultNameOf(read)}.json`, import.meta.url);
  const path = read.out ?? fileURLToPath(standard);
  const title = "Routing: the classifier beside controls that do not read the prompt";
  const result = { bench: "routing", title, command: commandOf(read), machine, tookSeconds, ...run };
  const fewDigits = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? rounded(value) : value;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(result, fewDigits, 2)}\n`);
  console.log(`written: ${path}`);
}
