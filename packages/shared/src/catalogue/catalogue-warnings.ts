import { JOB_CLASSES } from "../contracts/index.ts";
import type { Catalogue } from "./catalogue.ts";

export interface CatalogueWarning {
  code: "price_unknown" | "no_active_model" | "no_judge";
  /** One sentence for an operator: what, and what to do. */
  message: string;
}

/** What is not wrong enough to refuse a start, but will refuse jobs. */
export function catalogueWarnings(catalogue: Catalogue): CatalogueWarning[] {
  const models = [...catalogue.models.values()];
  const warnings = models
    .filter((model) => !model.isPriced)
    .map(
      ({ id, priceId }): CatalogueWarning => ({
        code: "price_unknown",
        message: `model ${id}: no price "${priceId}" in the price book, so it takes no jobs; add the price`,
      }),
    );
  warnings.push(...judgeWarnings(catalogue));
  const usable = new Set(models.filter((model) => model.isActive && model.isPriced).map((model) => model.id));
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

/** The local judge stands in for a model that cannot be asked. */
function judgeWarnings({ classifier, models }: Catalogue): CatalogueWarning[] {
  const model = classifier.llm === null ? undefined : models.get(classifier.llm.modelId);
  if (model === undefined || (model.isActive && model.isPriced)) return [];
  const why = model.isActive ? "it has no price" : model.inactiveBecause;
  const message = `classifier.llm: ${model.id} is not asked, so every job is judged locally: ${why}`;
  return [{ code: "no_judge", message }];
}
