import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { measureLimits } from "./limits.ts";
import { measureRecovery } from "./recovery.ts";

const MEASUREMENTS = { limits: measureLimits, recovery: measureRecovery } as const;
type MeasurementName = keyof typeof MEASUREMENTS;

// pnpm hands a separating "--" on.
const asked = process.argv.slice(2).filter((argument) => argument !== "--");
const names = asked.length > 0 ? asked : Object.keys(MEASUREMENTS);
const isKnown = (name: string): name is MeasurementName => Object.hasOwn(MEASUREMENTS, name);
const unknown = names.filter((name) => !isKnown(name));
if (unknown.length > 0) {
  const known = Object.keys(MEASUREMENTS).join(", ");
  console.error(`no such measurement: ${unknown.join(", ")}; there are ${known}`);
  process.exit(2);
}
const folder = new URL("../../results/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const name of names.filter(isKnown)) {
  console.log(name);
  const machine = { cores: cpus().length, loadAverage: Number((loadavg()[0] ?? 0).toFixed(2)) };
  const measured = await MEASUREMENTS[name]((line) => console.log(`  ${line}`));
  console.log(measured.isHeld ? "  held" : "  NOT HELD");
  if (!measured.isHeld) process.exitCode = 1;
  const result = { date: new Date().toISOString(), machine, ...measured };
  writeFileSync(new URL(`measured-${name}.json`, folder), `${JSON.stringify(result, null, 2)}\n`);
}
