import { bareSummonsOf, summonsOf } from "@switchyard/shared/contracts";
import type { JobRow, Ledger } from "@switchyard/shared/ledger";
import type { Summoner } from "@switchyard/shared/queues";
import type { Logger } from "@switchyard/shared/telemetry";

/** Summons a stage to a job; resolves whether or not Redis said so in time. Made for one request. */
export type SummonInTime = (stage: "classify" | "settle", job: JobRow) => Promise<void>;

export interface SummonInTimeOptions {
  summoner: Summoner;
  ledger: Ledger;
  /** So much later the sweeper delivers what Redis did not acknowledge. */
  sweepStaleMs: number;
  log: Logger;
}

/** No caller is kept waiting longer for a Redis that does not answer. */
const SUMMON_TIMEOUT_MS = 2_000;

/**
 * Summonses that may fail: the row says which stage is due, so the sweeper delivers what Redis did not
 * acknowledge. A Redis that failed one summons of a request is not waited for again in it: it may have a thousand.
 * The signal ends the request's time, and with it the waiting.
 */
export function summonInTimeWith(
  { summoner, ledger, sweepStaleMs, log }: SummonInTimeOptions,
  timeoutMs = SUMMON_TIMEOUT_MS,
): (signal: AbortSignal) => SummonInTime {
  return (signal) => {
    let isAway = false;
    return async (stage, job) => {
      const { jobId } = job;
      const message = stage === "classify" ? summonsOf(job) : bareSummonsOf(job);
      const warn = (error: unknown) => {
        isAway = true;
        log.warn({ jobId, stage, error }, "summons not acknowledged; the sweeper will deliver it");
        const soon = ledger.now() + sweepStaleMs;
        // The row was given time for a place in a queue, where it may not stand.
        if ((job.attentionAt ?? 0) > soon) ledger.jobs.attend(job, soon).catch(() => {});
      };
      const summoned = summoner.summon(stage, message);
      if (isAway || signal.aborted) {
        summoned.catch(warn);
        return;
      }
      await inTime(summoned, timeoutMs, signal).catch(warn);
    };
  };
}

function inTime(work: Promise<void>, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error(`no answer in ${timeoutMs} ms`));
    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener("abort", giveUp, { once: true });
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    });
  });
}
