import { summonsOf } from "@switchyard/shared/contracts";
import type { JobRow } from "@switchyard/shared/ledger";
import type { Summoner } from "@switchyard/shared/queues";
import type { Logger } from "@switchyard/shared/telemetry";

/** Summons a stage to a job; resolves whether or not Redis said so in time. */
export type SummonInTime = (stage: "classify" | "settle", job: JobRow) => Promise<void>;

/** No caller is kept waiting longer for a Redis that does not answer. */
const SUMMON_TIMEOUT_MS = 2_000;

/**
 * A summons that may fail: the row says which stage is due, so the sweeper delivers what Redis did not
 * acknowledge.
 */
export function summonInTimeWith(
  summoner: Summoner,
  log: Logger,
  timeoutMs = SUMMON_TIMEOUT_MS,
): SummonInTime {
  return async (stage, job) => {
    const { jobId, generation } = job;
    const message = stage === "classify" ? summonsOf(job) : { version: 1 as const, jobId, generation };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      await Promise.race([summoner.summon(stage, message), late]);
    } catch (error) {
      log.warn({ jobId, stage, error }, "summons not acknowledged; the sweeper will deliver it");
    } finally {
      clearTimeout(timer);
    }
  };
}
