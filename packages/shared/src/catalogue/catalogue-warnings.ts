import { JOB_CLASSES } from "../contracts/index.ts";
import type { Catalogue } from "./catalogue.ts";

export interface CatalogueWarning {
  code: "price_unknown" | "no_active_model" | "no_judge" | "judge_is_cut";
  /** One sentence for an operator: what, and what to do. */
  message: string;
}

/** What is not wrong enough to refuse a start, but will refuse jobs. */
export function catalogueWarnings(catalogue: Catalogue): CatalogueWarning[] {
  const { unpriced } = catalogue;
  const models = [...catalogue.models.values()];
  const mayBeUnpriced = [unpriced.others, ...unpriced.tenants.values()].some(
    ({ policy }) => policy === "allow",
  );
  const warnings = models
    .filter((model) => !model.isPriced)
    .map(
      ({ id, priceId }): CatalogueWarning => ({
        code: "price_unknown",
        message: `model ${id}: no price "${priceId}" in the price book, so it takes no jobs${mayBeUnpriced ? " but those that unpriced allows" : ""}; add the price`,
      }),
    );
  warnings.push(...judgeWarnings(catalogue));
  const usable = new Set(
    models.filter((model) => model.isActive && (model.isPriced || mayBeUnpriced)).map((model) => model.id),
  );
  if (usable.size === 0) {
    const message = "no model can take jobs; set a provider's variables, or start the simulated provider";
    return [...warnings, { code: "no_active_model", message }];
  }
  for (const jobClass of JOB_CLASSES) {
    if (catalogue.routes[jobClass].some((id) => usable.has(id))) continue;
    const message = `routes.${jobClass}: no listed model is active and priced, so ${jobClass} jobs are refused`;
    warnings.push({ code: "no_active_model", message });
  }
  return warnings;
}

/** About what a short question takes at medium effort; such a model is a dear judge. */
const LEAST_REASONING_TOKENS = 1_000;

/** The local judge stands in for a model that cannot be asked. */
function judgeWarnings({ classifier, models }: Catalogue): CatalogueWarning[] {
  const { llm } = classifier;
  const model = llm === null ? undefined : models.get(llm.modelId);
  if (llm === null || model === undefined) return [];
  if (model.isActive && model.isPriced) {
    if (!llm.isReasoning || llm.maxOutputTokens >= LEAST_REASONING_TOKENS) return [];
    const message = `classifier.llm: ${model.id} reasons before it answers, and max_output_tokens ${llm.maxOutputTokens} may end it before it has; allow ${LEAST_REASONING_TOKENS}, or set reasoning to false`;
    return [{ code: "judge_is_cut", message }];
  }
  const why = model.isActive ? "it has no price" : model.inactiveBecause;
  const message = `classifier.llm: ${model.id} is not asked, so every job is judged locally: ${why}`;
  return [{ code: "no_judge", message }];
}
