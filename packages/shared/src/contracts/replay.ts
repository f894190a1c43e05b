import { z } from "zod";
import { JOB_CLASSES } from "./job-class.ts";
import { SUBMIT_LIMITS, SubmitBody } from "./submit.ts";

/** Hard limits of replaying and discarding, stated in the API reference. */
export const REPLAY_LIMITS = { jobs: 1_000, reasonLength: 512, generations: 20 } as const;

const { deadline, max_cost_usd } = SubmitBody.shape;

/** The body of `POST /v1/jobs/{id}/replay`: what is to be different this time. */
export const ReplayBody = z.strictObject({
  deadline,
  max_cost_usd,
  model: z.string().min(1).max(SUBMIT_LIMITS.modelLength).optional(),
});
export type ReplayBody = z.infer<typeof ReplayBody>;

/** The body of `POST /v1/jobs/{id}/discard`. */
export const DiscardBody = z.strictObject({ reason: z.string().min(1).max(REPLAY_LIMITS.reasonLength) });

const instant = z.iso.datetime({ offset: true });

/** The body of `POST /v1/jobs/replay`: which jobs, and whether it is meant. */
export const ReplayFilterBody = z.strictObject({
  status: z.enum(["failed", "expired"]).optional(),
  /** The `code` of the job's error, as the API names it. */
  error: z.string().max(64).optional(),
  class: z.enum(JOB_CLASSES).optional(),
  model: z.string().max(SUBMIT_LIMITS.modelLength).optional(),
  from: instant.optional(),
  to: instant.optional(),
  after: z.string().max(64).optional(),
  limit: z.int().positive().max(REPLAY_LIMITS.jobs).default(100),
  dry_run: z.boolean().default(true),
});
