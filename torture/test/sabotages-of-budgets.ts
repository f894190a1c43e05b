import { waitFor } from "@switchyard/testkit";
import { BUDGETS } from "../src/harness/budgets.ts";
import type { System } from "../src/harness/system.ts";
import type { Sabotage } from "./sabotaged.ts";

/** The first call of each is never answered, and is on the wire for six seconds. */
const HELD = { jobs: 4, body: { model: "held-once" } };
export const UNDER_BUDGETS = { budgets: JSON.stringify(BUDGETS) };

/** The accounts are gone while calls are on the wire, and built again. */
async function wipeAccountsDuringCalls({ redis, simulator, budgets }: System): Promise<void> {
  await waitFor(async () => (await simulator.callsNow()) > 0, { what: "a call on the wire" });
  await redis.wipe();
  const wipedAtMs = Date.now();
  const isBuilt = () => budgets.budgets.every(({ looks }) => (looks.at(-1)?.atMs ?? 0) > wipedAtMs);
  await waitFor(isBuilt, { timeoutMs: 60_000, what: "accounts that are built again" });
}

/** Mistakes after which an account does not hold what it must. */
export const BUDGETING: readonly Sabotage[] = [
  {
    letter: "S-m",
    name: "a cover that looks whether there is room, and reserves nothing",
    edits: [
      {
        file: "packages/shared/src/queues/budget-scripts.ts",
        line: "then due[account] = delta end",
        becomes: "then due[account] = nil end",
      },
    ],
    breaks: "I10",
    says: /^budget tenant holds \d+ spent and 0 reserved at .*, and its calls may have cost/,
    ...HELD,
    system: UNDER_BUDGETS,
  },
  {
    letter: "S-n",
    name: "a charge that does not release what the job held",
    edits: [
      {
        file: "packages/shared/src/queues/budget-scripts.ts",
        line: "    local account = string.match(all[index], '^r:(.*)$')\n    if account then\n      if redis.call('EXISTS'",
        becomes:
          "    local account = string.match(all[index], '^never:(.*)$')\n    if account then\n      if redis.call('EXISTS'",
      },
    ],
    breaks: "I10",
    says: /^budget tenant still holds \d+, and no job is left/,
    system: UNDER_BUDGETS,
  },
  {
    letter: "S-o",
    name: "a rebuild that forgets the jobs in progress",
    edits: [
      {
        file: "services/cost/src/budgets/rebuild.ts",
        line: "restoreHoldings(options, budgets, isStill)",
        becomes: "restoreHoldings(options, [], isStill)",
      },
    ],
    breaks: "I10",
    says: /^budget tenant holds \d+ spent and 0 reserved at .*, and its calls may have cost/,
    ...HELD,
    system: UNDER_BUDGETS,
    afterwards: wipeAccountsDuringCalls,
  },
];
