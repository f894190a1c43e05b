import { bookingOf, type NewIntent } from "@switchyard/shared/ledger";
import { formatUsd } from "@switchyard/shared/pricing";
import { inSpan, type OpenSpan, type SpanFacts } from "@switchyard/shared/telemetry";
import type { InvokeOptions } from "./invoke-options.ts";
import type { Outcome } from "./providers/index.ts";

interface TracedCall {
  intent: NewIntent;
  maxOutputTokens: number;
}

/** A provider's call as a span by OpenTelemetry's conventions for generative AI, without a word of what was said. */
export function traceCall(
  { model, catalogue }: Pick<InvokeOptions, "model" | "catalogue">,
  { intent, maxOutputTokens }: TracedCall,
  complete: () => Promise<Outcome>,
): Promise<Outcome> {
  const provider = catalogue.providers.get(model.providerId);
  const facts: SpanFacts = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": provider?.kind === "bedrock" ? "aws.bedrock" : model.providerId,
    "gen_ai.request.model": model.providerModel,
    "gen_ai.request.max_tokens": maxOutputTokens,
    "switchyard.model": model.id,
    "switchyard.attempt": intent.n,
    "switchyard.attempt.kind": intent.kind,
  };
  return inSpan({ name: `chat ${model.providerModel}`, kind: "client", facts }, async (span) => {
    const outcome = await complete();
    if (span.isRecording) noteOutcome(span, intent, outcome);
    return outcome;
  });
}

function noteOutcome(span: OpenSpan, { price }: NewIntent, outcome: Outcome): void {
  span.note({ "switchyard.outcome": outcome.kind });
  switch (outcome.kind) {
    case "settled": {
      const { usage, estimate, serviceTier } = outcome;
      const taken = { usage, estimate: estimate ?? undefined, serviceTier: serviceTier ?? undefined };
      const { costPicoUsd } = bookingOf(price, taken);
      span.note({
        "gen_ai.response.model": outcome.model,
        "gen_ai.response.finish_reasons": [outcome.finishReason],
        "gen_ai.usage.input_tokens": usage.inputTokens + usage.cachedInputTokens + usage.cacheWriteTokens,
        "gen_ai.usage.output_tokens": usage.outputTokens,
        // An estimate is no cost.
        "switchyard.cost_usd": costPicoUsd === undefined ? undefined : formatUsd(costPicoUsd),
      });
      return;
    }
    case "void":
    case "unknown":
      span.fail(outcome.error.code);
      return;
    case "abandoned":
      span.fail("CALL_WITHDRAWN");
  }
}
