import { type Catalogue, estimateTokens, type Model, unpricedPolicyOf } from "../catalogue/index.ts";
import { bounded, type ClassBounds, JOB_CLASSES } from "../contracts/index.ts";
import { callPrice, cappedBook, type PriceBook } from "../pricing/index.ts";

interface Installation {
  catalogue: Catalogue;
  prices: PriceBook;
}

/** The price book as it is for a tenant: one whose jobs may call models without a price finds a cap in place of it. */
export function pricesFor({ catalogue, prices }: Installation, tenant: string | null): PriceBook {
  const { cap } = unpricedPolicyOf(catalogue, tenant);
  return cap === null ? prices : cappedBook(prices, cap);
}

/**
 * Whether no model has a price that a job may be routed to, whatever it is judged to be within its bounds. Where some have
 * one the class decides, which nobody knows yet.
 */
export function lacksEveryPrice(
  { catalogue, prices }: Installation,
  job: { model: string; bounds: ClassBounds; promptBytes: number; atMs: number },
): boolean {
  const { promptBytes, atMs } = job;
  const models = job.model === "auto" ? routedModels(catalogue, job.bounds) : named(catalogue, [job.model]);
  const isPriced = (model: Model) =>
    callPrice(prices, model, { atMs, inputTokens: estimateTokens(model, promptBytes) }) !== null;
  return models.length > 0 && !models.some(isPriced);
}

/** Those of the routes, and those that jobs go to whose prompt fits none of a route. */
function routedModels(catalogue: Catalogue, bounds: ClassBounds): Model[] {
  const classes = JOB_CLASSES.filter((name) => bounded(name, bounds).by === null);
  const routed = named(
    catalogue,
    classes.flatMap((name) => catalogue.routes[name]),
  );
  const larger = routed.flatMap(({ fallbacks }) => fallbacks.context_window);
  return [...routed, ...named(catalogue, larger)];
}

function named({ models }: Catalogue, ids: readonly string[]): Model[] {
  return ids.flatMap((id) => models.get(id) ?? []).filter(({ isActive }) => isActive);
}
