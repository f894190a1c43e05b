import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import type { FallbackReason } from "@switchyard/shared/contracts";
import { type ErrorCode, SwitchyardError } from "@switchyard/shared/errors";
import type { JobView } from "@switchyard/shared/ledger";
import type { PriceBook } from "@switchyard/shared/pricing";
import { pricesFor } from "@switchyard/shared/service";
import { type Terms, type TermsOptions, termsOf } from "./terms.ts";

/** Refusals of one model that another may not share. Everything else ends the job or is repeated. */
const REASONS: Partial<Record<ErrorCode, FallbackReason>> = {
  WINDOW_EXCEEDED: "context_window",
  CONTENT_FILTERED: "content_refused",
  ATTEMPTS_EXHAUSTED: "unavailable",
  PROVIDER_REFUSED: "default",
  PRICE_UNKNOWN: "default",
  COST_LIMIT_EXCEEDED: "default",
};

/** Null: with this error a job does not leave its model. */
export function fallbackReasonOf(code: ErrorCode): FallbackReason | null {
  return REASONS[code] ?? null;
}

/**
 * Where a job may go that leaves its model, best first: the list of that model for the reason, then what the lists
 * of the models before it leave; those that a cap stands in for behind all with a price. Never a model it was with in
 * this generation, and only one that is active, whose window it fits and which what is left of its cost limit pays for. Pure.
 */
export function fallbackModels(
  { catalogue, prices }: { catalogue: Catalogue; prices: PriceBook },
  view: JobView,
  { reason, atMs }: { reason: FallbackReason; atMs: number },
): Model[] {
  const { job } = view;
  // Whoever names a model wants that one.
  if (job.request.model !== "auto" || job.modelId === undefined) return [];
  const left = [...(job.fallbacks ?? []).map(({ from }) => from), job.modelId];
  const listed = [...left].reverse().flatMap((id) => catalogue.models.get(id)?.fallbacks[reason] ?? []);
  const own = { catalogue, prices: pricesFor({ catalogue, prices }, job.tenant) };
  const open = [...new Set(listed)].flatMap((id) => {
    const model = catalogue.models.get(id);
    if (model === undefined || left.includes(id) || !model.isActive) return [];
    const terms = termsIfAny({ ...own, model }, view, atMs);
    return terms === null ? [] : [{ model, isCapped: terms.price.isCap === true }];
  });
  return open.sort((a, b) => Number(a.isCapped) - Number(b.isCapped)).map(({ model }) => model);
}

function termsIfAny(options: TermsOptions, view: JobView, atMs: number): Terms | null {
  try {
    return termsOf(options, view, { atMs });
  } catch (error) {
    if (error instanceof SwitchyardError) return null;
    throw error;
  }
}
