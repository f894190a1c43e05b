import type { AttemptView, Usage, UsageView } from "@switchyard/shared/contracts";
import { type AttemptRow, costPicoUsdOf, costStateOf } from "@switchyard/shared/ledger";
import { formatUsd, priceUsage } from "@switchyard/shared/pricing";

type Cost = Pick<
  AttemptView,
  | "cost_state"
  | "cost_usd"
  | "estimate"
  | "unpriced"
  | "adjusted"
  | "price_id"
  | "price_version"
  | "service_tier"
  | "usage_notes"
>;

/** What is known of a call's cost, and what it was priced at, last. */
export function renderCost(attempt: AttemptRow): Cost {
  const { estimate } = attempt;
  const adjustment = attempt.adjustments?.at(-1);
  const price = adjustment?.price ?? attempt.price;
  const costPicoUsd = costPicoUsdOf(attempt) ?? estimate?.costPicoUsd;
  return {
    cost_state: costStateOf(attempt),
    cost_usd: costPicoUsd === undefined ? null : formatUsd(costPicoUsd),
    estimate: estimate === undefined ? null : { method: estimate.method, usage: viewOf(estimate.usage) },
    unpriced: adjustment === undefined ? unpricedOf(attempt) : null,
    adjusted: adjustment !== undefined,
    price_id: price.id,
    price_version: price.bookVersion,
    service_tier: attempt.serviceTier ?? price.serviceTier ?? "default",
    usage_notes: attempt.usageNotes ?? [],
  };
}

export function usageOf(usage: Usage | undefined): UsageView | null {
  return usage === undefined ? null : viewOf(usage);
}

function viewOf(usage: Usage): UsageView {
  return {
    input_tokens: usage.inputTokens,
    cached_input_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_write_1h_tokens: usage.cacheWrite1hTokens ?? 0,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
  };
}

/** The part that has a rate is computed anew: the row holds all that it is computed from. */
function unpricedOf({ unpriced, price, usage, estimate, serviceTier }: AttemptRow): Cost["unpriced"] {
  const taken = usage ?? estimate?.usage;
  if (unpriced === undefined || taken === undefined) return null;
  const priced = priceUsage(price, taken, serviceTier);
  const pricedPicoUsd = "unpriced" in priced ? priced.pricedPicoUsd : priced.costPicoUsd;
  return {
    components: unpriced.split(",").filter((name) => name !== ""),
    priced_usd: formatUsd(pricedPicoUsd),
  };
}
