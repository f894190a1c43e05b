import { z } from "zod";
import { JOB_CLASSES, type JobClass } from "./job-class.ts";

/** Stated in the API reference. */
const NOTE_LENGTH = 2_000;

/** The body of `POST /v1/jobs/{id}/feedback`: how good the outcome was. */
export const FeedbackBody = z.strictObject({
  score: z.number().min(0).max(1),
  note: z.string().max(NOTE_LENGTH).optional(),
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
