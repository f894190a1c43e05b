import type { ConverseCommandInput, Message, ServiceTierType } from "@aws-sdk/client-bedrock-runtime";
import { z } from "zod";
import type { Reading } from "../call.ts";
import type { CompletionRequest } from "../provider.ts";
import { readServiceTier } from "../usage-reading.ts";
import { readUsage, UsageBody } from "./usage.ts";

const ConverseBody = z.object({
  output: z.object({
    message: z.object({ content: z.array(z.looseObject({ text: z.string().optional() })) }),
  }),
  stopReason: z.string().nullish(),
  usage: UsageBody.nullish(),
  serviceTier: z.looseObject({ type: z.string().nullish() }).nullish(),
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
  const asked = {
    modelId: request.providerModel,
    inferenceConfig,
    ...(request.serviceTier !== undefined && {
      serviceTier: { type: request.serviceTier as ServiceTierType },
    }),
  };
  if (messages.length === 0) return { ...asked, messages: [{ role: "user", content: system }] };
  return { ...asked, messages, ...(system.length > 0 && { system }) };
}

/**
 * Reads an answer of Converse. It names no model: the one asked is the one.
 * @throws ZodError when it is not one, or has a usage that is none
 */
export function readConverse(completion: unknown, request: CompletionRequest): Reading {
  const { output, stopReason, usage, serviceTier } = ConverseBody.parse(completion);
  return {
    text: output.message.content.map((block) => block.text ?? "").join(""),
    finishReason: normaliseFinish(stopReason),
    model: request.providerModel,
    counted: usage ? { ...readUsage(usage), raw: usage } : null,
    serviceTier: readServiceTier(serviceTier?.type),
    id: null,
  };
}

function normaliseFinish(reason: string | null | undefined): string {
  if (!reason) return "stop";
  return FINISH_REASONS[reason] ?? reason.slice(0, MAX_NAME_LENGTH);
}
