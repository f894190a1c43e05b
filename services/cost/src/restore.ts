import { asSwitchyardError } from "@switchyard/shared/errors";
import type { RunMark } from "@switchyard/shared/queues";
import { restoreJob, type SweepOptions, type Swept } from "./sweep.ts";

export interface RestoreOptions extends SweepOptions {
  runMark: RunMark;
}

/** Gives every job its summons again after Redis may have lost some. */
export interface Restorer {
  /** One step of what there is to do: a page of rows at most. Rejects when Redis or DynamoDB does not answer. */
  step: () => Promise<Swept>;
  /** Forgets a walk that has begun. It begins anew, here or in another process, since Redis is not marked whole. */
  abandon: () => void;
}

/** Rows summoned at once; between pages the sweeper does its other duties. */
const PAGE = 200;

interface Walk {
  runId: string;
  pages: AsyncGenerator<string[]>;
  /** Rows of the present page that are still to be summoned. */
  left: readonly string[];
  rows: number;
}

/** Walks all rows that want attention, whatever their time, whenever Redis is not the one that was last marked whole. */
export function openRestorer(options: RestoreOptions): Restorer {
  const { ledger, runMark, log } = options;
  let walk: Walk | null = null;

  async function begun(): Promise<Walk | null> {
    const runId = await runMark.lostRun();
    if (runId === null) return null;
    log.warn("Redis may have lost summonses; every job gets its own again");
    return { runId, pages: ledger.jobs.wanting(PAGE), left: [], rows: 0 };
  }

  async function advance(current: Walk): Promise<Swept> {
    if (current.left.length === 0) {
      const { value, done } = await current.pages.next();
      if (done === true) {
        await runMark.markWhole(current.runId);
        log.info({ rows: current.rows }, "every job has its summons again");
        walk = null;
        return { isMoreDue: false };
      }
      current.rows += value.length;
      current.left = value;
    }
    current.left = await restored(options, current.left);
    return { isMoreDue: current.left.length === 0 };
  }

  return {
    async step() {
      walk ??= await begun();
      if (walk === null) return { isMoreDue: false };
      try {
        return await advance(walk);
      } catch (error) {
        // A generator that has thrown says that it is done, which this walk is not.
        walk = null;
        throw error;
      }
    },
    abandon() {
      walk = null;
    },
  };
}

/** Those that could not be summoned because something did not answer. A row that is itself broken is passed over. */
async function restored(options: SweepOptions, jobIds: readonly string[]): Promise<string[]> {
  const outcomes = await Promise.allSettled(jobIds.map((jobId) => restoreJob(options, jobId)));
  const errors = outcomes.map(
    (outcome) => (outcome.status === "rejected" ? outcome.reason : null) as unknown,
  );
  const failed = errors.filter((error) => error !== null);
  if (failed.length > 0) {
    options.log.warn({ failed: failed.length, error: failed[0] }, "rows could not be summoned again");
  }
  return jobIds.filter((_, index) => {
    const error = errors[index];
    return error !== null && asSwitchyardError(error).kind === "unavailable";
  });
}
