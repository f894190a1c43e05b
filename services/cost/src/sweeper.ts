import { randomUUID } from "node:crypto";
import { openRestorer, type RestoreOptions, type Restorer } from "./restore.ts";
import { type Swept, sweepOnce } from "./sweep.ts";

export interface SweeperOptions extends RestoreOptions {
  intervalMs: number;
}

export interface Sweeper {
  problem: () => string | null;
  stop: () => Promise<void>;
}

/** A round that has not come back after so long is stuck. */
const STUCK_MS = 120_000;

/** Sweeps on a timer while it holds the lease, so that of many cost processes one sweeps. */
export function startSweeper(options: SweeperOptions): Sweeper {
  const holder = randomUUID();
  const { leases } = options.ledger;
  const restorer = openRestorer(options);
  let isStopped = false;
  let lastRoundAt = Date.now();
  let wake = () => {};

  async function run(): Promise<void> {
    while (!isStopped) {
      try {
        const isHeld = await leases.hold("sweeper", holder, options.intervalMs * 3);
        if (!isHeld) restorer.abandon();
        const { isMoreDue } = isHeld ? await sweepRound(options, restorer) : { isMoreDue: false };
        lastRoundAt = Date.now();
        if (isMoreDue) continue;
      } catch (error) {
        options.log.warn({ error }, "sweep failed");
      }
      lastRoundAt = Date.now();
      if (isStopped) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, options.intervalMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await leases.release("sweeper", holder).catch(() => {});
  }

  const running = run();
  return {
    problem: () =>
      Date.now() - lastRoundAt > STUCK_MS + options.intervalMs ? "the sweeper has not come back" : null,
    async stop() {
      isStopped = true;
      wake();
      await running;
    },
  };
}

/** What is due comes first, since it needs no Redis to find lapsed calls. */
async function sweepRound(options: SweeperOptions, restorer: Restorer): Promise<Swept> {
  const due = await sweepOnce(options);
  const restoring = await restorer.step();
  return { isMoreDue: due.isMoreDue || restoring.isMoreDue };
}
