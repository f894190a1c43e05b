import { z } from "zod";
import { JOB_CLASSES } from "./job-class.ts";
import { PRIORITIES, type Priority } from "./priority.ts";
import { Usage } from "./usage.ts";

/** `job_` and 26 characters of Crockford base 32: 130 bits of an HMAC or of a random number. */
export const JobId = z.string().regex(/^job_[0-9a-hjkmnp-tv-z]{26}$/);

const summons = {
  version: z.literal(1),
  jobId: JobId,
  generation: z.int().positive(),
  /** The job's place in a trace, where it has one; W3C Trace Context. */
  traceparent: z.string().exactOptional(),
};

/**
 * Messages are read leniently: a field that a newer version added is dropped, so that during a rolling
 * update an older process can still read what a newer one wrote.
 */

/** Whose turn a summons takes; without it all share one turn. A tenant's name is an id, as a job's is. */
const turn = { tenant: z.string().optional(), priority: z.enum(PRIORITIES).optional() };

/** A summons to judge a job and choose its model. */
export const ClassifyMessage = z.object({ ...summons, ...turn });
export type ClassifyMessage = z.infer<typeof ClassifyMessage>;

/** A summons to call a model's provider for a job. */
export const InvokeMessage = z.object({
  ...summons,
  ...turn,
  modelId: z.string().min(1),
  /** The model is to judge the job, not to answer it. */
  consult: z.literal(true).optional(),
});
export type InvokeMessage = z.infer<typeof InvokeMessage>;

interface SummonedJob {
  jobId: string;
  generation: number;
  traceparent?: string | undefined;
}

/** What a job's row says in the summons to its classification; with a `modelId` it is the one to its call. */
export function summonsOf(
  job: SummonedJob & { tenant: string; request: { priority: Priority } },
): ClassifyMessage {
  return { ...bareSummonsOf(job), tenant: job.tenant, priority: job.request.priority };
}

/** What a job's row says in a summons that takes no turn: the one to settle it. */
export function bareSummonsOf({ jobId, generation, traceparent }: SummonedJob) {
  const traced = traceparent === undefined ? {} : { traceparent };
  return { version: 1 as const, jobId, generation, ...traced };
}

/** What a call took, riding along so that a ledger row which could not be written can be repaired. */
const AttemptFacts = z.object({
  n: z.int().positive(),
  usage: Usage,
  providerRequestId: z.string().nullable(),
  /** Chunks of the answer's text, when that was stored before the row could be written. */
  resultChunks: z.int().positive().exactOptional(),
  /** How `usage` was estimated, where the provider stated none. */
  estimate: z.string().exactOptional(),
  usageNotes: z.array(z.string()).exactOptional(),
  serviceTier: z.string().exactOptional(),
  responseModel: z.string().exactOptional(),
  finishReason: z.string().exactOptional(),
  /** The class that it named, when the call was to judge the job. */
  judged: z.enum(JOB_CLASSES).exactOptional(),
});

/** A summons to bring a job's ledger, totals and state to where its attempts say they are. */
export const SettleMessage = z.object({
  ...summons,
  attempt: AttemptFacts.optional(),
  /** The attempt that was cut short by a cancel, whose own summons may be in hand just now. */
  withdrawn: z.int().positive().optional(),
});
export type SettleMessage = z.infer<typeof SettleMessage>;
