import { bareSummonsOf, isTerminal, type SettleMessage } from "../contracts/index.ts";
import type { SwitchyardError } from "../errors/index.ts";
import type { Ledger } from "../ledger/index.ts";
import { later } from "../queues/index.ts";

/**
 * What every stage does with a job that will not be tried again: the reason goes on the row, and
 * settle makes it terminal. Null when there is nothing left to write off.
 */
export function writeOffWith(ledger: Ledger) {
  return async (
    message: { jobId: string; generation: number },
    error: SwitchyardError,
  ): Promise<SettleMessage | null> => {
    const job = await ledger.jobs.read(message.jobId);
    if (job === null || isTerminal(job.status) || job.generation !== message.generation) return null;
    if (job.failure === undefined) {
      const failure = { code: error.code, message: error.message };
      if ((await ledger.jobs.fail(job, failure)) === null) throw later("the row moved meanwhile", 50);
    }
    return bareSummonsOf(job);
  };
}
