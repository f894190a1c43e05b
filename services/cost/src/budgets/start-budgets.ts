import { randomUUID } from "node:crypto";
import { type KeepOptions, openBudgetKeeper } from "./keep-budgets.ts";
import { forgetBudgets } from "./tell-budgets.ts";

export interface RunningBudgets {
  problem: () => string | null;
  stop: () => Promise<void>;
}

/** A round that has not come to its next page of rows after so long is stuck. */
const STUCK_MS = 120_000;

/** Keeps budgets on a timer while it holds the lease, so that of many cost processes one does. Without budgets it only looks for some. */
export function startBudgets(options: KeepOptions & { intervalMs: number }): RunningBudgets {
  const { ledger, budgets, metrics, log, intervalMs } = options;
  const holder = randomUUID();
  const keeper = openBudgetKeeper(options);
  let isStopped = false;
  let aliveAtMs = performance.now();
  let mayHaveAccounts = true;
  let wake = () => {};

  const isStill = async () => {
    aliveAtMs = performance.now();
    return !isStopped && (await ledger.leases.hold("budgets", holder, intervalMs * 3));
  };

  async function round(): Promise<void> {
    if (!mayHaveAccounts && (await budgets.all()).length === 0) return;
    mayHaveAccounts = true;
    if (await isStill()) mayHaveAccounts = await keeper.round(isStill);
    else forgetBudgets(metrics);
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      await round().catch((error: unknown) => log.warn({ error }, "budgets could not be kept"));
      aliveAtMs = performance.now();
      if (isStopped) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await ledger.leases.release("budgets", holder).catch(() => {});
  }

  const running = run();
  return {
    problem: () =>
      performance.now() - aliveAtMs > STUCK_MS + intervalMs
        ? "the keeper of budgets has not come back"
        : null,
    async stop() {
      isStopped = true;
      wake();
      await running;
    },
  };
}
