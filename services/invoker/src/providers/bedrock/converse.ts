import type { ConverseCommandInput, Message } from "@aws-sdk/client-bedrock-runtime";
import { z } from "zod";
import type { Reading } from "../call.ts";
import type { CompletionRequest } from "../provider.ts";

const tokens = z.int().nonnegative();

const ConverseBody = z.object({
  output: z.object({
    message: z.object({ content: z.array(z.looseObject({ text: z.string().optional() })) }),
  }),
  stopReason: z.string().nullish(),
  usage: z.looseObject({
    inputTokens: tokens,
    outputTokens: tokens,
    cacheReadInputTokens: tokens.nullish(),
    cacheWriteInputTokens: tokens.nullish(),
  }),
});

const FINISH_REASONS: Readonly<Record<string, string>> = {
  end_turn: "stop",
  stop_sequence: "stop",
  max_tokens: "length",
  model_context_window_exceeded: "length",
  content_filtered: "content_filter",
  guardrail_intervened: "content_filter",
  tool_use: "tool_calls",
};

const MAX_NAME_LENGTH = 256;

/**
 * A request for Converse, which takes system text apart, wants the roles to alternate and at least one message.
 * A prompt of system text alone is therefore sent as the user's.
 */
export function converseInput(request: CompletionRequest): ConverseCommandInput {
  const system = request.messages
    .filter(({ role }) => role === "system")
    .map(({ content }) => ({ text: content }));
  const messages: Message[] = [];
  for (const { role, content } of request.messages) {
    if (role === "system") continue;
    const last = messages.at(-1);
    if (last?.role === role) last.content?.push({ text: content });
    else messages.push({ role, content: [{ text: content }] });
  }
  const { temperature } = request;
  // Converse binds an answer only by making it a tool's input, which not every model behind it can be made to use.
  const inferenceConfig = {
    maxTokens: request.maxOutputTokens,
    ...(temperature === undefined ? {} : { temperature }),
  };
  const modelId = request.providerModel;
  if (messages.length === 0)
    return { modelId, messages: [{ role: "user", content: system }], inferenceConfig };
  return { modelId, messages, inferenceConfig, ...(system.length > 0 && { system }) };
}

/**
 * Reads an answer of Converse, whose token counts do not overlap. It names no model: the one asked is the one.
 * @throws ZodError when it is not one, or has no usable usage
 */
export function readConverse(completion: unknown, request: CompletionRequest): Reading {
  const { output, stopReason, usage } = ConverseBody.parse(completion);
  return {
    text: output.message.content.map((block) => block.text ?? "").join(""),
    finishReason: normaliseFinish(stopReason),
    model: request.providerModel,
    usage: {
      inputTokens: usage.inputTokens,
      cachedInputTokens: usage.cacheReadInputTokens ?? 0,
      cacheWriteTokens: usage.cacheWriteInputTokens ?? 0,
      outputTokens: usage.outputTokens,
      // Converse bills reasoning as output and does not count it apart.
      reasoningTokens: 0,
    },
    rawUsage: usage,
    id: null,
  };
}

function normaliseFinish(reason: string | null | undefined): string {
  if (!reason) return "stop";
  return FINISH_REASONS[reason] ?? reason.slice(0, MAX_NAME_LENGTH);
}
