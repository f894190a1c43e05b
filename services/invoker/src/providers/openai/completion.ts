import { z } from "zod";
import type { Reading } from "../call.ts";
import type { CompletionRequest } from "../provider.ts";
import { readServiceTier } from "../usage-reading.ts";
import { readUsage, UsageBody } from "./usage.ts";

const Content = z.union([
  z.string(),
  // Some compatible servers answer in parts; only those with text are the answer.
  z.array(z.looseObject({ text: z.string().optional() })),
]);

const CompletionBody = z.object({
  id: z.string().nullish(),
  model: z.string().nullish(),
  choices: z.tuple(
    [
      z.object({
        message: z.object({ content: Content.nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    ],
    z.unknown(),
  ),
  usage: UsageBody.nullish(),
  service_tier: z.string().nullish(),
});

const MAX_NAME_LENGTH = 256;

/**
 * Reads a chat completion.
 * @throws ZodError when it is not one, or has a usage that is none
 */
export function readCompletion(completion: unknown, request: CompletionRequest): Reading {
  const { id, model, choices, usage, service_tier } = CompletionBody.parse(completion);
  const { message, finish_reason } = choices[0];
  return {
    text: textOf(message.content) || (message.refusal ?? ""),
    finishReason: message.refusal ? "content_filter" : normaliseFinish(finish_reason),
    model: model && model.length <= MAX_NAME_LENGTH ? model : request.providerModel,
    counted: usage ? { ...readUsage(usage), raw: usage } : null,
    serviceTier: readServiceTier(service_tier),
    id: id ?? null,
  };
}

function textOf(content: z.infer<typeof Content> | null | undefined): string {
  if (content === null || content === undefined) return "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}

/** OpenAI's words are the normal form; a server that gives none, or an empty one, simply stopped. */
function normaliseFinish(reason: string | null | undefined): string {
  return reason ? reason.slice(0, MAX_NAME_LENGTH) : "stop";
}
