import { z } from "zod";
import { JOB_CLASSES } from "./job-class.ts";
import { PRIORITIES } from "./priority.ts";

/** Hard limits of a submit, stated in the API reference. */
export const SUBMIT_LIMITS = {
  messages: 1_000,
  metadataKeys: 16,
  metadataKeyLength: 64,
  metadataValueLength: 512,
  modelLength: 128,
  maxOutputTokens: 1_000_000,
  /** A deadline further away than this is refused: nobody waits longer than a week. */
  deadlineMs: 7 * 86_400_000,
  batchItems: 1_000,
} as const;

export const ChatMessage = z.strictObject({
  role: z.enum(["system", "user", "assistant"]),
  content: z.string().min(1, "must not be empty"),
});
export type ChatMessage = z.infer<typeof ChatMessage>;

/** A positive decimal amount of USD with at most 12 decimals, e.g. "0.05". */
export const UsdAmount = z.string().regex(/^(0|[1-9]\d{0,8})(\.\d{1,12})?$/, {
  error: 'must be a decimal string such as "0.05", with at most 12 decimals',
  abort: true,
});

const metadata = z
  .record(
    z.string().min(1).max(SUBMIT_LIMITS.metadataKeyLength),
    z.string().max(SUBMIT_LIMITS.metadataValueLength),
  )
  .refine((record) => Object.keys(record).length <= SUBMIT_LIMITS.metadataKeys, {
    message: `must have at most ${SUBMIT_LIMITS.metadataKeys} keys`,
  });

const fields = {
  input: z.string().min(1, "must not be empty").optional(),
  messages: z.array(ChatMessage).min(1, "must have at least 1 item").max(SUBMIT_LIMITS.messages).optional(),
  model: z.string().min(1).max(SUBMIT_LIMITS.modelLength).default("auto"),
  max_output_tokens: z.int().positive().max(SUBMIT_LIMITS.maxOutputTokens).optional(),
  /** RFC 3339 instant after which nobody is waiting any more. */
  deadline: z.iso.datetime({ offset: true }).optional(),
  max_cost_usd: UsdAmount.optional(),
  /** After a call whose outcome is unknown: pay again, or fail. */
  on_unknown: z.enum(["retry", "fail"]).default("retry"),
  /** The least and the most demanding class that it may be routed as, whatever it is judged to be. */
  min_class: z.enum(JOB_CLASSES).optional(),
  max_class: z.enum(JOB_CLASSES).optional(),
  /** Its share of the queue beside other jobs. */
  priority: z.enum(PRIORITIES).default("normal"),
  metadata: metadata.optional(),
};

/** The body of `POST /v1/jobs` and of `POST /v1/route/explain`. Either `input` or `messages`. */
export const SubmitBody = z.strictObject(fields).superRefine((body, context) => {
  if ((body.input === undefined) === (body.messages === undefined)) {
    context.addIssue({
      code: "custom",
      path: body.input === undefined ? ["input"] : ["messages"],
      message:
        body.input === undefined
          ? "give either input (a string) or messages (a list)"
          : "must not be given together with input",
    });
  }
});
export type SubmitBody = z.infer<typeof SubmitBody>;

/** The prompt of a submit as a list of messages. */
export function messagesOf(body: SubmitBody): ChatMessage[] {
  return body.messages ?? [{ role: "user", content: body.input ?? "" }];
}
