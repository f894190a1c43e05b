import { z } from "zod";
import { JOB_CLASSES, type JobClass } from "./job-class.ts";

/** Hard limits of feedback, stated in the API reference. */
export const FEEDBACK_LIMITS = { noteLength: 2_000 } as const;

/** The body of `POST /v1/jobs/{id}/feedback`: how good the outcome was. */
export const FeedbackBody = z.strictObject({
  score: z.number().min(0).max(1),
  note: z.string().max(FEEDBACK_LIMITS.noteLength).optional(),
  should_have_been: z.enum(JOB_CLASSES).optional(),
});
export type FeedbackBody = z.infer<typeof FeedbackBody>;

/** What was last said of a job's outcome. */
export interface FeedbackView {
  score: number;
  note: string | null;
  should_have_been: JobClass | null;
  at: string;
}
