import { z } from "zod";
import type { Usage } from "../answers/answer.ts";
import { openaiEventParts } from "./openai-events.ts";
import { modelName, outputTokenLimit, readShape } from "./read-shape.ts";
import { REFUSALS, type Refusal } from "./refusals.ts";
import type { ClaimedUsage, Payload, Rendering, Wire } from "./wire.ts";

const Content = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.string(), text: z.string().optional() })),
  z.null(),
]);

const ChatCompletionRequest = z.looseObject({
  model: modelName,
  messages: z.array(z.looseObject({ role: z.string(), content: Content.optional() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  max_tokens: outputTokenLimit.nullish(),
  max_completion_tokens: outputTokenLimit.nullish(),
  n: z.literal(1, { error: "only one choice is supported" }).nullish(),
});

/** OpenAI chat completions, plain and streamed; what else a request says is accepted and ignored. */
export const openaiWire: Wire = {
  id: "openai",

  readCall(body) {
    const request = readShape(ChatCompletionRequest, body);
    return {
      model: request.model,
      messages: request.messages.map(({ role, content }) => ({ role, text: textOf(content) })),
      maxOutputTokens: request.max_completion_tokens ?? request.max_tokens ?? undefined,
      isStreamed: request.stream === true,
      includesUsageInStream: request.stream_options?.include_usage === true,
    };
  },

  renderAnswer(rendering) {
    const { answer, call, requestId, claimedModel, createdAtMs } = rendering;
    const usage = usageOf(answer.usage, rendering.claimedUsage);
    const head = {
      id: `chatcmpl-${requestId}`,
      created: Math.floor(createdAtMs / 1_000),
      model: claimedModel,
    };
    const finishReason = answer.isCutShort ? "length" : "stop";
    if (call.isStreamed) {
      const included = call.includesUsageInStream ? usage : undefined;
      const parts = openaiEventParts({ head, text: answer.text, finishReason, usage: included });
      return payload(requestId, { contentType: "text/event-stream", parts });
    }
    const message = { role: "assistant", content: answer.text, refusal: null };
    const choice = { index: 0, message, logprobs: null, finish_reason: finishReason };
    return payload(requestId, {
      parts: [JSON.stringify({ ...head, object: "chat.completion", choices: [choice], usage })],
    });
  },

  renderRefusal(refusal, requestId) {
    const { status, type, code } = REFUSALS[refusal.refusal].openai;
    const error = { message: refusal.message, type, param: null, code };
    return payload(requestId, { status, refusal, parts: [JSON.stringify({ error })] });
  },
};

function payload(
  requestId: string,
  content: { parts: string[]; status?: number; contentType?: string; refusal?: Refusal },
): Payload {
  const retryAfterSeconds = content.refusal?.retryAfterSeconds;
  return {
    status: content.status ?? 200,
    headers: {
      "content-type": content.contentType ?? "application/json",
      "x-request-id": requestId,
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    },
    parts: content.parts,
  };
}

function textOf(content: z.infer<typeof Content> | undefined): string {
  if (typeof content === "string") return content;
  return (content ?? []).map(({ text }) => text ?? "").join("");
}

function usageOf(usage: Usage, claimed: Rendering["claimedUsage"]): object | undefined {
  if (claimed === null) return undefined;
  const { input, output }: NonNullable<ClaimedUsage> = claimed ?? {
    input: usage.inputTokens,
    output: usage.outputTokens,
  };
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: typeof input === "number" && typeof output === "number" ? input + output : input,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens, audio_tokens: 0 },
  };
}
