import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Invariant } from "../src/harness/invariants.ts";
import type { System, SystemOptions } from "../src/harness/system.ts";

/** A mistake that is made in a copy of the sources, and what must notice it. */
export interface Sabotage {
  name: string;
  file: string;
  /** Must be there exactly once, so that a mistake that no longer fits is told. */
  line: string;
  becomes: string;
  breaks: Invariant;
  system: SystemOptions;
  /** What is done to the system once its jobs are accepted. */
  afterwards?: (system: System) => Promise<void>;
}

export const SABOTAGES: readonly Sabotage[] = [
  {
    name: "no row before the call",
    file: "services/invoker/src/invoke.ts",
    line: "    if (!(await attempts.intend(intent))) throw isTaken;\n",
    becomes: "",
    breaks: "I2",
    system: {},
  },
  {
    name: "one settled call in fifty never counted",
    file: "packages/shared/src/ledger/totals.ts",
    line: "    if (await addTogether(once)) return;\n",
    becomes:
      "    if (once.some(({ totalsSlot }) => (totalsSlot ?? 0) % 50 === 7)) return;\n    if (await addTogether(once)) return;\n",
    breaks: "I5",
    system: {},
  },
  {
    name: "totals that do not ask whether they hold the call",
    file: "packages/shared/src/ledger/totals.ts",
    line: "NOT contains(#applied,",
    becomes: "attribute_exists(pk) OR NOT contains(#applied,",
    breaks: "I5",
    system: { failpoint: { service: "cost", name: "settle.afterTotals" } },
  },
  {
    name: "an answer cut short taken for a call that was not billed",
    file: "services/invoker/src/record-outcome.ts",
    line: "ledger.attempts.unknown(intent,",
    becomes: "ledger.attempts.voided(intent,",
    breaks: "I4",
    system: { faults: "truncated=0.3" },
  },
  {
    name: "no sweeper after a wiped Redis",
    file: "services/cost/src/sweeper.ts",
    line: "await sweepOnce(options)",
    becomes: "(void sweepOnce, { isMoreDue: false })",
    breaks: "I1",
    system: { latencyScale: 2 },
    afterwards: ({ redis }) => redis.wipe(),
  },
];

const ROOT = new URL("../../", import.meta.url);

/** A copy of the sources with the mistake in it. Modules of others are shared with the original. */
export async function sabotaged({ file, line, becomes }: Sabotage) {
  const dir = await mkdtemp(join(tmpdir(), "switchyard-sabotage-"));
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    for (const name of ["packages", "services"]) {
      await cp(new URL(name, ROOT), join(dir, name), { recursive: true, verbatimSymlinks: true });
    }
    for (const name of ["node_modules", "package.json", "prices.json", "switchyard.yaml"]) {
      await symlink(fileURLToPath(new URL(name, ROOT)), join(dir, name));
    }
    const path = join(dir, file);
    const parts = (await readFile(path, "utf8")).split(line);
    if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${line}`);
    await writeFile(path, parts.join(becomes));
    return { sources: pathToFileURL(`${dir}/`), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
