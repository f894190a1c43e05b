import type { TerminalStatus } from "../contracts/index.ts";
import { attentionShard, feedbackKey, feedbackShard, jobKey, tenantSort } from "./keys.ts";
import { jobAttributes, storedName } from "./row-codec.ts";
import type {
  JobRow,
  StoredConsult,
  StoredDecision,
  StoredError,
  StoredFallback,
  StoredFeedback,
  StoredHold,
} from "./rows.ts";
import type { ConsultOutcome } from "./states.ts";
import type { Store } from "./store.ts";
import type { Item } from "./store-requests.ts";

/** The side that a job was drawn for and the share it was drawn with, by whoever draws it; else nothing, and the row keeps its own. */
export interface DrawnAs {
  arm?: JobRow["arm"] | undefined;
  holdoutPpm?: number | undefined;
}

/**
 * The states a job passes through. Every transition is conditional on the version that its caller saw
 * and answers the row as it is then, or null when somebody else moved it first.
 */
export interface JobTransitions {
  /** A model is to judge the job: its pool is due next, and then stage classify again. */
  consulting: (job: JobRow, consult: StoredConsult, drawn?: DrawnAs) => Promise<JobRow | null>;
  /** The consultation is over, with an answer or without one. */
  consulted: (job: JobRow, outcome: ConsultOutcome) => Promise<JobRow | null>;
  /** What the job may cost from here on is known better now where it is given. */
  classified: (
    job: JobRow,
    decision: StoredDecision,
    choice: { modelId: string; reservedPicoUsd?: bigint | undefined } & DrawnAs,
  ) => Promise<JobRow | null>;
  /** Says why the job's next call is not made yet; its decision, its next claim, or its end takes that back. Released, nothing is reserved for it. */
  hold: (job: JobRow, held: StoredHold, options?: { isReleased?: boolean }) => Promise<JobRow | null>;
  /** Moves the job to another model, which its next calls go to. */
  rerouted: (job: JobRow, fallback: Pick<StoredFallback, "to" | "reason">) => Promise<JobRow | null>;
  /**
   * Claims the next attempt: from here to `claimUntil` nobody else may call for this job. One for a consultation is
   * noted in it, so that there is no second.
   */
  claim: (
    job: JobRow,
    claim: { claimId: string; claimUntil: number; isConsult?: boolean },
  ) => Promise<JobRow | null>;
  /** Gives the job up; settle makes it terminal. */
  fail: (job: JobRow, failure: StoredError) => Promise<JobRow | null>;
  /** With a time for attention where the row's own is too far off for somebody who waits for its end. */
  cancel: (job: JobRow, attentionAt?: number) => Promise<JobRow | null>;
  end: (
    job: JobRow,
    end: {
      status: TerminalStatus;
      resultAttempt?: number | undefined;
      failure?: StoredError | undefined;
      costPicoUsd: bigint;
      baselinePicoUsd?: bigint | undefined;
      unpricedCalls?: number | undefined;
      counted: readonly number[];
      countedAtRisk?: readonly number[];
      /** When to look at the ended job again, because a call of it may still say how it ended. */
      attentionAt?: number | undefined;
    },
  ) => Promise<JobRow | null>;
  /** Records calls that were settled after the job had ended. */
  recount: (
    job: JobRow,
    recount: {
      costPicoUsd: bigint;
      baselinePicoUsd?: bigint | undefined;
      unpricedCalls?: number | undefined;
      counted: readonly number[];
      countedAtRisk?: readonly number[];
    },
  ) => Promise<JobRow | null>;
  /** Records that costs of attempts were adjusted, and how often each was. */
  adjust: (
    job: JobRow,
    adjusted: Required<Pick<JobRow, "adjusted" | "costPicoUsd">> &
      Pick<JobRow, "baselinePicoUsd" | "unpricedCalls">,
  ) => Promise<JobRow | null>;
  /** Begins a new generation of an ended job. Its attempts and what they cost stay, and their numbers go on. */
  replay: (
    job: JobRow,
    replay: Pick<JobRow, "request" | "deadlineAt"> & {
      attentionAt: number;
      reservedPicoUsd?: bigint | undefined;
    },
  ) => Promise<JobRow | null>;
  /** Marks an ended job as one that is not to be replayed. */
  discard: (job: JobRow, reason: string) => Promise<JobRow | null>;
  /** Says how good the outcome of an ended job was, in place of what was said before. */
  rate: (job: JobRow, said: Omit<StoredFeedback, "atMs">) => Promise<JobRow | null>;
}

type Transition = (
  job: JobRow,
  change: Partial<JobRow>,
  remove?: readonly (keyof JobRow | "attentionShard")[],
) => Promise<JobRow | null>;

/** The one write behind all of them: on the version that was seen, to the next. */
function transitionOn(store: Store, now: () => number): Transition {
  return async (job, change, remove = []) => {
    const moved = { ...change, version: job.version + 1, updatedAt: now() };
    const holds = await store.update({
      key: jobKey(job.jobId),
      set: { ...jobAttributes(moved), ...placeOf(job, change) },
      // No count of sweeps is a count of 0.
      remove: ["sweeps", ...remove].map(storedName),
      condition: "#version = :seen AND #generation = :seenGeneration",
      values: { ":seen": job.version, ":seenGeneration": job.generation },
    });
    if (!holds) return null;
    const row: Item = { ...job, sweeps: 0 };
    for (const [name, value] of Object.entries(moved)) if (value !== undefined) row[name] = value;
    for (const name of remove) delete row[name];
    return row as JobRow;
  };
}

export function transitionsOn(store: Store, now: () => number): JobTransitions {
  const transition = transitionOn(store, now);
  return {
    consulting: (job, consult, drawn) => transition(job, { consult, ...drawn, dueStage: "invoke" }),
    consulted(job, outcome) {
      if (job.consult === undefined) return Promise.resolve(null);
      return transition(job, { consult: { ...job.consult, ...outcome }, dueStage: "classify" });
    },
    classified: (job, decision, choice) =>
      transition(job, { decision, ...choice, dueStage: "invoke" }, ["held"]),
    hold: (job, held, { isReleased = false } = {}) =>
      transition(job, { held }, isReleased ? ["reservedPicoUsd"] : []),
    rerouted(job, { to, reason }) {
      const step = { from: job.modelId ?? "none", to, reason, atMs: now() };
      return transition(job, { modelId: to, fallbacks: [...(job.fallbacks ?? []), step] });
    },
    claim(job, { claimId, claimUntil, isConsult = false }) {
      const n = job.attempts + 1;
      const consult = isConsult && job.consult !== undefined ? { consult: { ...job.consult, n } } : {};
      // A job that is judged still waits for its decision.
      const status = isConsult ? job.status : "running";
      return transition(job, { status, attempts: n, claimId, claimUntil, ...consult }, ["held"]);
    },
    fail: (job, failure) =>
      transition(job, { failure, dueStage: "settle" }, ["claimId", "claimUntil", "held"]),
    cancel(job, attentionAt) {
      const attention = attentionAt === undefined ? {} : { attentionAt };
      return transition(job, { status: "cancelling", dueStage: "settle", ...attention });
    },
    end: (job, { counted, countedAtRisk = [], ...end }) =>
      transition(job, { ...end, ...countsOf(counted, countedAtRisk) }, goneAtEnd(end.attentionAt)),
    recount: (job, { counted, countedAtRisk = [], ...sums }) =>
      transition(job, { ...sums, ...countsOf(counted, countedAtRisk) }),
    adjust: (job, adjusted) => transition(job, adjusted),
    replay(job, { request, deadlineAt, attentionAt, reservedPicoUsd }) {
      const change: Partial<JobRow> = {
        status: "queued",
        dueStage: "classify",
        generation: job.generation + 1,
        replayed: { atMs: now(), attemptsBefore: job.attempts },
        request,
        deadlineAt,
        attentionAt,
        ...(reservedPicoUsd === undefined ? {} : { reservedPicoUsd }),
      };
      const gone = OF_ONE_GENERATION.filter((name) => !Object.hasOwn(change, name));
      return transition(job, change, gone);
    },
    discard: (job, reason) => transition(job, { discarded: { atMs: now(), reason } }),
    async rate(job, said) {
      // First its place in the list: without feedback a job there is passed over, but none may be missing.
      const { jobId, createdAt } = job;
      const place = { tenantShard: feedbackShard(jobId), tenantSort: tenantSort(createdAt, jobId) };
      await store.put({ ...feedbackKey(jobId), ...place });
      return transition(job, { feedback: { atMs: now(), ...said } });
    },
  };
}

function goneAtEnd(attentionAt: number | undefined) {
  const claim = ["claimId", "claimUntil", "held"] as const;
  return attentionAt === undefined ? ([...claim, "attentionShard", "attentionAt"] as const) : claim;
}

/** Few jobs have a call at risk: nothing is written of it for the others. */
function countsOf(counted: readonly number[], atRisk: readonly number[]): Partial<JobRow> {
  return { counted: [...counted], ...(atRisk.length === 0 ? {} : { countedAtRisk: [...atRisk] }) };
}

/** What an earlier generation decided and came to. */
const OF_ONE_GENERATION = [
  "consult",
  "decision",
  "modelId",
  "fallbacks",
  "held",
  "reservedPicoUsd",
  "failure",
  "claimId",
  "claimUntil",
  "resultAttempt",
  "baselinePicoUsd",
  "feedback",
] as const satisfies readonly (keyof JobRow)[];

/** A row that wants attention again has its place in the index again. */
function placeOf({ jobId }: JobRow, { attentionAt }: Partial<JobRow>): Item {
  return attentionAt === undefined ? {} : { attentionShard: attentionShard(jobId) };
}
