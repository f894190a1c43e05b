import { randomBytes } from "node:crypto";
import type { JobClass, Usage } from "../contracts/index.ts";
import { attemptKey } from "./keys.ts";
import { attemptAttributes, readAttempt } from "./row-codec.ts";
import type { AttemptRow, AttemptState, StoredError } from "./rows.ts";
import type { Store } from "./store.ts";

export type NewIntent = Omit<
  AttemptRow,
  | "state"
  | "endedAt"
  | "usage"
  | "rawUsage"
  | "costPicoUsd"
  | "unpriced"
  | "providerRequestId"
  | "responseModel"
  | "finishReason"
  | "resultChunks"
  | "error"
  | "judged"
  | "totalsDay"
  | "totalsBucket"
  | "totalsSlot"
>;

export interface Settlement {
  usage: Usage;
  rawUsage?: string;
  /** Exactly one of the two. */
  costPicoUsd?: bigint;
  unpriced?: string;
  providerRequestId: string | null;
  responseModel?: string;
  finishReason?: string;
  resultChunks?: number;
  judged?: JobClass | undefined;
}

/**
 * Attempts: one row per provider call. `intent → settled · void · unknown`, and `unknown → settled`
 * when the truth arrives late. A row that is settled or void never changes again.
 */
export interface Attempts {
  /** The row that exists before the first byte leaves. False when somebody else has this attempt. */
  intend: (intent: NewIntent) => Promise<boolean>;
  /** False when the row was settled or void already. */
  settle: (attempt: Pick<AttemptRow, "jobId" | "n">, settlement: Settlement) => Promise<boolean>;
  /** Certainly not billed. */
  voided: (
    attempt: Pick<AttemptRow, "jobId" | "n">,
    error: StoredError,
    providerRequestId?: string | null,
  ) => Promise<boolean>;
  /** May have been billed: at risk for the row's upper bound. */
  unknown: (
    attempt: Pick<AttemptRow, "jobId" | "n">,
    error: StoredError,
    providerRequestId?: string | null,
  ) => Promise<boolean>;
  read: (jobId: string, n: number) => Promise<AttemptRow | null>;
}

/**
 * Attempts that one totals item holds. The item then stays within one write unit (1 KB): a slot takes
 * at most 4 bytes. Every update of an item is paid for by the item's whole size.
 */
export const SLOTS_PER_BUCKET = 100;

export function attemptsOn(store: Store, now: () => number): Attempts {
  const nextPlace = totalsPlaces();

  async function close(
    { jobId, n }: Pick<AttemptRow, "jobId" | "n">,
    change: Partial<AttemptRow>,
    from: string,
  ): Promise<boolean> {
    const values = { ":intent": "intent", ...(from.includes(":late") ? { ":late": "unknown" } : {}) };
    return store.update({
      key: attemptKey(jobId, n),
      set: attemptAttributes({ ...change, endedAt: now() }),
      condition: from,
      values,
    });
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
    settle: (attempt, { providerRequestId, ...settlement }) =>
      close(
        attempt,
        {
          ...settlement,
          ...(providerRequestId === null ? {} : { providerRequestId }),
          state: "settled",
          ...nextPlace(now()),
        },
        "#state IN (:intent, :late)",
      ),
    voided: (attempt, error, requestId) =>
      close(attempt, ended("void", error, requestId), "#state = :intent"),
    unknown: (attempt, error, requestId) =>
      close(attempt, ended("unknown", error, requestId), "#state = :intent"),
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

/**
 * Places in the totals, chosen by the writer and stored on the row before the totals are touched, so
 * that a repeated settle always finds the same item. Two rows never share a place: the bucket is
 * this process's own.
 */
function totalsPlaces(): (nowMs: number) => { totalsDay: string; totalsBucket: string; totalsSlot: number } {
  const writer = randomBytes(6).toString("hex");
  let used = 0;
  return (nowMs) => {
    const bucket = Math.floor(used / SLOTS_PER_BUCKET);
    const slot = used % SLOTS_PER_BUCKET;
    used += 1;
    const day = new Date(nowMs).toISOString().slice(0, 10);
    return { totalsDay: day, totalsBucket: `${writer}-${bucket}`, totalsSlot: slot };
  };
}
