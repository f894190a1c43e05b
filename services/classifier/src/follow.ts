import { estimateTokens, mostTokens, outputRoomTokens } from "@switchyard/shared/catalogue";
import type { JobClass } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { callPrice, type Price, parseUsd, worstCasePicoUsd } from "@switchyard/shared/pricing";
import { type DecideRequest, type Decider, type Placed, place } from "./place.ts";
import type { Route } from "./route.ts";

/**
 * Where a job goes that a model judges to be of a class. Null: the local judge's word stands, because no model can take the
 * class, or none that the job's limit pays for at the most that it can cost. One that keeps its model loses nothing.
 */
export function follow(
  decider: Decider,
  request: DecideRequest,
  { judged, local }: { judged: JobClass; local: Placed },
): Placed | null {
  try {
    const placed = place(decider, request, judged);
    const isSame = placed.route.modelId === local.route.modelId;
    return isSame || isAffordable(decider, request, placed.route) ? placed : null;
  } catch (error) {
    if (error instanceof SwitchyardError) return null;
    throw error;
  }
}

/** What the job's limit leaves pays for an answer, at the most that it can cost. */
export function isAffordable(
  decider: Decider,
  request: DecideRequest,
  route: Pick<Route, "modelId">,
): boolean {
  if (request.maxCostUsd === null) return true;
  const { model, price } = pricedOf(decider, request, route);
  const { promptBytes: bytes, maxOutputTokens } = request;
  const room = Math.max(0, outputRoomTokens(decider.catalogue, model, { bytes, maxOutputTokens }));
  return worstCasePicoUsd(price, mostTokens(bytes), room) <= parseUsd(request.maxCostUsd);
}

/** The model that a route names, with its price. */
export function pricedOf(
  { catalogue, prices }: Decider,
  { atMs, promptBytes }: Pick<DecideRequest, "atMs" | "promptBytes">,
  { modelId }: Pick<Route, "modelId">,
) {
  const model = catalogue.models.get(modelId);
  if (model === undefined) return unpriced(modelId);
  const inputTokens = estimateTokens(model, promptBytes);
  const price: Price | null = callPrice(prices, model, { atMs, inputTokens });
  return price === null ? unpriced(modelId) : { model, price };
}

/** @throws SwitchyardError always: routing takes no model without a price. */
export function unpriced(modelId: string): never {
  throw new SwitchyardError("INTERNAL_FAULT", `${modelId} was routed to and has no price`);
}
