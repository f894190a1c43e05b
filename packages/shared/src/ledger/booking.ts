import type { Usage } from "../contracts/index.ts";
import { priceUsage } from "../pricing/index.ts";
import { costPicoUsdOf } from "./adjustments.ts";
import type { AttemptRow } from "./rows.ts";
import type { StoredPrice } from "./stored-price.ts";

/** What a call took, as its adapter or its summons says. */
interface Taken {
  usage: Usage;
  /** How the usage was estimated; absent: the provider stated it. */
  estimate?: string | undefined;
  /** What served the call; absent: nobody says, or what was asked for. */
  serviceTier?: string | undefined;
}

/** What is written down of a call's usage and cost: exactly one of `costPicoUsd`, `estimate` and `unpriced` but for estimates without a rate. */
export type Booked = Pick<AttemptRow, "usage" | "costPicoUsd" | "estimate" | "unpriced" | "serviceTier">;

/**
 * Prices what a call took at the price that its row holds. What was only estimated stands apart from what was counted,
 * so that no sum of costs ever contains it; what has no rate is named, and is never 0.
 */
export function bookingOf(price: StoredPrice, { usage, estimate: method, serviceTier }: Taken): Booked {
  const priced = priceUsage(price, usage, serviceTier);
  const unpriced = "unpriced" in priced ? { unpriced: priced.unpriced.join(",") } : {};
  const cost = "unpriced" in priced ? {} : priced;
  const served = serviceTier === undefined || serviceTier === askedOf(price) ? {} : { serviceTier };
  if (method !== undefined) return { estimate: { method, usage, ...cost }, ...unpriced, ...served };
  return { usage, ...cost, ...unpriced, ...served };
}

function askedOf({ serviceTier = "default" }: StoredPrice): string {
  return serviceTier;
}

/** What is known of a call's cost. */
export type CostState = "measured" | "estimated" | "unpriced" | "at_risk";

/**
 * `measured`: exact, from the provider's own usage. `estimated`: the provider stated none. `unpriced`: tokens without a
 * rate. `at_risk`: it may still be billed, at its bound. Null: certainly not billed.
 */
export function costStateOf(
  attempt: Pick<AttemptRow, "state" | "costPicoUsd" | "estimate" | "adjustments">,
): CostState | null {
  if (attempt.state === "void") return null;
  if (attempt.state !== "settled") return "at_risk";
  if (costPicoUsdOf(attempt) !== undefined) return "measured";
  return attempt.estimate?.costPicoUsd === undefined ? "unpriced" : "estimated";
}
