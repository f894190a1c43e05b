import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { BENCHES } from "./benches.ts";
import { describeMachine } from "./machine.ts";
import { renderReport } from "./report.ts";

const { values } = parseArgs({
  // pnpm hands a separating "--" on.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    scale: { type: "string", default: "1" },
    "no-write": { type: "boolean", default: false },
  },
});

const names = values.only?.split(",");
const unknown = names?.filter((name) => !BENCHES.some((bench) => bench.name === name)) ?? [];
if (unknown.length > 0) {
  console.error(
    `no such benchmark: ${unknown.join(", ")}; there are ${BENCHES.map(({ name }) => name).join(", ")}`,
  );
  process.exit(2);
}
/**
 * More digits than these carry no meaning, and hide what changed from one result to the next. Of what is less than 1,
 * such as the price of a call, thousandths would leave nothing.
 */
const meaningful = (_: string, value: unknown) => {
  if (typeof value !== "number") return value;
  return Number(Math.abs(value) < 1 ? value.toPrecision(3) : value.toFixed(3));
};

const folder = new URL("../results/", import.meta.url);
for (const bench of BENCHES.filter(({ name }) => names?.includes(name) ?? true)) {
  console.log(`\n${bench.title}`);
  const machine = describeMachine();
  const options = { rounds: Number(values.rounds), scale: Number(values.scale) };
  const startedAt = performance.now();
  const report = await bench.run(options);
  const tookSeconds = Math.round((performance.now() - startedAt) / 1_000);
  console.log(renderReport(report));
  console.log(
    `  ${options.rounds} rounds, alternating, medians; ${tookSeconds} s; load average before: ${machine.loadAverage}`,
  );
  if (values["no-write"]) continue;
  mkdirSync(folder, { recursive: true });
  // Notes as one text: the formatter of the repository would fold a short list.
  const recorded = { ...report, notes: report.notes.join(" ") };
  const result = { bench: bench.name, title: bench.title, machine, options, tookSeconds, ...recorded };
  writeFileSync(new URL(`${bench.name}.json`, folder), `${JSON.stringify(result, meaningful, 2)}\n`);
}
