import { isTerminal, type JobClass } from "../contracts/index.ts";
import type { Booked } from "./booking.ts";
import { attemptKey, jobKey } from "./keys.ts";
import { attemptAttributes, readAttempt, readJob } from "./row-codec.ts";
import type { AttemptRow, AttemptState, StoredError } from "./rows.ts";
import type { Store } from "./store.ts";
import type { Counted, NextPlace } from "./totals-places.ts";

export type NewIntent = Omit<
  AttemptRow,
  | "state"
  | "endedAt"
  | "usage"
  | "rawUsage"
  | "usageNotes"
  | "serviceTier"
  | "estimate"
  | "costPicoUsd"
  | "baselinePicoUsd"
  | "isSuperseded"
  | "unpriced"
  | "providerRequestId"
  | "responseModel"
  | "finishReason"
  | "resultChunks"
  | "error"
  | "judged"
  | "totalsPlace"
  | "riskPlace"
>;

/** What a call took and cost, as far as it is known. */
export interface Settlement extends Booked {
  rawUsage?: string;
  usageNotes?: string[];
  /** Where there is one, and the answer is stored. */
  baselinePicoUsd?: bigint | undefined;
  providerRequestId: string | null;
  responseModel?: string;
  finishReason?: string;
  resultChunks?: number;
  judged?: JobClass | undefined;
}

/** What an attempt is known by, and counted under. */
type CountedAttempt = Counted & Pick<AttemptRow, "jobId" | "n" | "generation">;

/**
 * Attempts: one row per provider call. `intent → settled · void · unknown`, and `unknown → settled`
 * when the truth arrives late. A row that is settled or void never changes again.
 */
export interface Attempts {
  /** The row that exists before the first byte leaves. False when somebody else has this attempt. */
  intend: (intent: NewIntent) => Promise<boolean>;
  /**
   * False when the row was settled or void already. A call that was unknown, and whose job has gone on without it, is
   * superseded: its cost counts, its answer and its baseline do not.
   */
  settle: (attempt: CountedAttempt, settlement: Settlement) => Promise<boolean>;
  /** Certainly not billed. */
  voided: (
    attempt: Pick<AttemptRow, "jobId" | "n">,
    error: StoredError,
    providerRequestId?: string | null,
  ) => Promise<boolean>;
  /** May have been billed: at risk for the row's upper bound. */
  unknown: (
    attempt: CountedAttempt,
    error: StoredError,
    providerRequestId?: string | null,
  ) => Promise<boolean>;
  read: (jobId: string, n: number) => Promise<AttemptRow | null>;
}

export function attemptsOn(store: Store, now: () => number, nextPlace: NextPlace): Attempts {
  async function close(
    { jobId, n }: Pick<AttemptRow, "jobId" | "n">,
    from: AttemptState,
    change: Partial<AttemptRow>,
  ): Promise<boolean> {
    return store.update({
      key: attemptKey(jobId, n),
      set: attemptAttributes({ ...change, endedAt: now() }),
      condition: "#state = :from",
      values: { ":from": from },
    });
  }

  /** True once the job has gone on without the attempt. A call that is claimed while this is asked is not seen. */
  async function isSuperseded({ jobId, n, generation }: CountedAttempt): Promise<boolean> {
    const item = await store.get(jobKey(jobId));
    if (item === null) return true;
    const job = readJob(item);
    return isTerminal(job.status) || job.generation !== generation || job.attempts !== n;
  }

  return {
    async intend(intent) {
      const item = {
        ...attemptKey(intent.jobId, intent.n),
        ...attemptAttributes({ ...intent, state: "intent" }),
      };
      if (await store.putIfAbsent(item)) return true;
      // The reply to our own write may have been lost and the write repeated.
      const stored = await store.get(attemptKey(intent.jobId, intent.n));
      if (stored === null) return false;
      const { claimId, state } = readAttempt(stored);
      return claimId === intent.claimId && state === "intent";
    },
    async settle(attempt, { providerRequestId, baselinePicoUsd, ...settlement }) {
      const settled: Partial<AttemptRow> = {
        ...settlement,
        ...(providerRequestId === null ? {} : { providerRequestId }),
        state: "settled",
        totalsPlace: nextPlace(attempt, now()),
      };
      if (await close(attempt, "intent", { ...settled, baselinePicoUsd })) return true;
      const late = (await isSuperseded(attempt)) ? { isSuperseded: true } : { baselinePicoUsd };
      return close(attempt, "unknown", { ...settled, ...late });
    },
    voided: (attempt, error, requestId) => close(attempt, "intent", ended("void", error, requestId)),
    unknown: (attempt, error, requestId) =>
      close(attempt, "intent", {
        ...ended("unknown", error, requestId),
        riskPlace: nextPlace(attempt, now()),
      }),
    async read(jobId, n) {
      const item = await store.get(attemptKey(jobId, n));
      return item === null ? null : readAttempt(item);
    },
  };
}

function ended(
  state: AttemptState,
  error: StoredError,
  requestId: string | null = null,
): Partial<AttemptRow> {
  return { state, error, ...(requestId === null ? {} : { providerRequestId: requestId }) };
}
