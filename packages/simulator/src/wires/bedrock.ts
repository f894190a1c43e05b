import { z } from "zod";
import { modelName, outputTokenLimit, readShape } from "./read-shape.ts";
import { REFUSALS } from "./refusals.ts";
import type { Rendering, Wire } from "./wire.ts";

const TextBlocks = z.array(z.looseObject({ text: z.string().optional() }));

const ConverseRequest = z.looseObject({
  messages: z
    .array(z.looseObject({ role: z.enum(["user", "assistant"]), content: TextBlocks.min(1) }))
    .min(1),
  system: TextBlocks.optional(),
  inferenceConfig: z.looseObject({ maxTokens: outputTokenLimit.optional() }).optional(),
});

/** Bedrock Converse, not streamed; what else a request says is accepted and ignored. */
export const bedrockWire: Wire = {
  id: "bedrock",

  readCall(body, modelInPath) {
    const model = readShape(modelName, modelInPath);
    const request = readShape(ConverseRequest, body);
    const system = request.system === undefined ? [] : [{ role: "system", content: request.system }];
    return {
      model,
      messages: [...system, ...request.messages].map(({ role, content }) => ({
        role,
        text: textOf(content),
      })),
      maxOutputTokens: request.inferenceConfig?.maxTokens,
      isStreamed: false,
      includesUsageInStream: false,
    };
  },

  renderAnswer(rendering) {
    const { answer, requestId, latencyMs } = rendering;
    const body = {
      output: { message: { role: "assistant", content: [{ text: answer.text }] } },
      stopReason: answer.isCutShort ? "max_tokens" : "end_turn",
      usage: usageOf(rendering),
      metrics: { latencyMs: Math.round(latencyMs) },
    };
    return {
      status: 200,
      headers: { "content-type": "application/json", "x-amzn-requestid": requestId },
      parts: [JSON.stringify(body)],
    };
  },

  renderRefusal(refusal, requestId) {
    const { status, exception } = REFUSALS[refusal.refusal].bedrock;
    const { retryAfterSeconds } = refusal;
    return {
      status,
      headers: {
        "content-type": "application/json",
        "x-amzn-requestid": requestId,
        "x-amzn-errortype": `${exception}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
        ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
      },
      parts: [JSON.stringify({ message: refusal.message })],
    };
  },
};

function textOf(blocks: z.infer<typeof TextBlocks>): string {
  return blocks.map(({ text }) => text ?? "").join("");
}

// Bedrock counts tokens read from the cache beside inputTokens; OpenAI counts them within its prompt tokens.
function usageOf({ answer: { usage }, claimedUsage }: Rendering): object | undefined {
  if (claimedUsage === null) return undefined;
  const { input, output } = claimedUsage ?? {
    input: usage.inputTokens - usage.cachedInputTokens,
    output: usage.outputTokens,
  };
  return {
    inputTokens: input,
    outputTokens: output,
    totalTokens:
      typeof input === "number" && typeof output === "number"
        ? input + output + usage.cachedInputTokens
        : input,
    cacheReadInputTokens: usage.cachedInputTokens,
    cacheWriteInputTokens: 0,
  };
}
