import { type Catalogue, type Model, nearestName } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";

/**
 * The active models that an invoker serves: those that are named, or all. It needs what their providers need;
 * that others are active without their keys here is no problem, because their calls are made elsewhere.
 * @throws SwitchyardError CONFIG_INVALID naming every id that is not an active model, and every missing variable.
 */
export function servedModels(catalogue: Catalogue, wanted: string | null): Model[] {
  const active = [...catalogue.models.values()].filter((model) => model.isActive);
  const ids = wanted?.split(",").map((id) => id.trim()) ?? null;
  const served = ids === null ? active : active.filter((model) => ids.includes(model.id));
  const problems = [...nameProblems(catalogue, ids ?? []), ...keyProblems(catalogue, served)];
  if (problems.length > 0) throw new SwitchyardError("CONFIG_INVALID", problems.join("\n"));
  return served;
}

function nameProblems({ models }: Catalogue, ids: readonly string[]): string[] {
  return ids.flatMap((id) => {
    const model = models.get(id);
    if (model?.isActive) return [];
    if (model !== undefined) return [`INVOKER_MODELS: ${id} is not active: ${model.inactiveBecause}`];
    const near = nearestName(id, models.keys());
    return [`INVOKER_MODELS: unknown model "${id}"${near === null ? "" : ` (did you mean ${near}?)`}`];
  });
}

function keyProblems({ providers }: Catalogue, served: readonly Model[]): string[] {
  return [...new Set(served.map(({ providerId }) => providerId))].flatMap((id) => {
    const missing = providers.get(id)?.missingVariables ?? [];
    if (missing.length === 0) return [];
    const [is, it] = missing.length === 1 ? ["is", "it"] : ["are", "them"];
    return [`${missing.join(" and ")} ${is} not set; an invoker that serves models of ${id} needs ${it}`];
  });
}
