import type { TerminalStatus } from "../contracts/index.ts";
import { jobKey } from "./keys.ts";
import { JobRow, priceText, readRow, type StoredDecision, type StoredError } from "./rows.ts";
import type { Store } from "./store.ts";
import type { Item } from "./store-requests.ts";

/**
 * The states a job passes through. Every transition is conditional on the version that its caller saw
 * and answers the row as it is then, or null when somebody else moved it first.
 */
export interface JobTransitions {
  classified: (job: JobRow, decision: StoredDecision, modelId: string) => Promise<JobRow | null>;
  /** Claims the next attempt: from here to `claimUntil` nobody else may call for this job. */
  claim: (job: JobRow, claim: { claimId: string; claimUntil: number }) => Promise<JobRow | null>;
  /** Gives the job up; settle makes it terminal. */
  fail: (job: JobRow, failure: StoredError) => Promise<JobRow | null>;
  cancel: (job: JobRow) => Promise<JobRow | null>;
  end: (
    job: JobRow,
    end: {
      status: TerminalStatus;
      resultAttempt?: number | undefined;
      failure?: StoredError | undefined;
      costPicoUsd: bigint;
      baselinePicoUsd?: bigint | undefined;
      counted: readonly number[];
    },
  ) => Promise<JobRow | null>;
  /** Records calls that were settled after the job had ended. */
  recount: (
    job: JobRow,
    recount: { costPicoUsd: bigint; counted: readonly number[] },
  ) => Promise<JobRow | null>;
}

export function transitionsOn(store: Store, now: () => number): JobTransitions {
  async function transition(job: JobRow, set: Item, remove: string[] = []): Promise<JobRow | null> {
    const moved = { ...set, version: job.version + 1, updatedAt: now(), sweeps: 0 };
    const holds = await store.update({
      key: jobKey(job.jobId),
      set: moved,
      remove,
      condition: "#version = :seen AND #generation = :generation",
      values: { ":seen": job.version, ":generation": job.generation },
    });
    if (!holds) return null;
    const stored = { ...toItem(job), ...moved };
    for (const name of remove) delete (stored as Item)[name];
    return readRow(JobRow, stored);
  }

  return {
    classified: (job, decision, modelId) =>
      transition(job, { decision: decisionText(decision), modelId, dueStage: "invoke" }),
    claim: (job, { claimId, claimUntil }) =>
      transition(job, { status: "running", attempts: job.attempts + 1, claimId, claimUntil }),
    fail: (job, failure) =>
      transition(job, { failure: JSON.stringify(failure), dueStage: "settle" }, ["claimId", "claimUntil"]),
    cancel: (job) => transition(job, { status: "cancelling", dueStage: "settle" }),
    end(job, { failure, counted, ...end }) {
      const set = {
        ...end,
        counted: JSON.stringify(counted),
        ...(failure === undefined ? {} : { failure: JSON.stringify(failure) }),
      };
      return transition(job, set, ["attentionShard", "attentionAt", "claimId", "claimUntil"]);
    },
    recount: (job, { costPicoUsd, counted }) =>
      transition(job, { costPicoUsd, counted: JSON.stringify(counted) }),
  };
}

function decisionText({ baseline, ...decision }: StoredDecision): string {
  const price = baseline === null ? null : (JSON.parse(priceText(baseline.price)) as unknown);
  return JSON.stringify({
    ...decision,
    baseline: baseline === null ? null : { model: baseline.model, price },
  });
}

/** A row as it is stored: the JSON fields as text. */
function toItem(job: JobRow): Item {
  const text = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));
  return {
    ...job,
    request: text(job.request),
    decision: job.decision === undefined ? undefined : decisionText(job.decision),
    failure: text(job.failure),
    counted: text(job.counted),
  };
}
