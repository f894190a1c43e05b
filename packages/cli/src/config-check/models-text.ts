import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { JOB_CLASSES } from "@switchyard/shared/contracts";
import type { PriceBook } from "@switchyard/shared/pricing";
import { renderTable } from "../screen/table.ts";

const COLUMNS = [{ name: "model" }, { name: "takes jobs" }, { name: "price" }];

/** Every model with whether it takes jobs and the price it has now, and each route without those that take none. */
export function modelsText(
  { catalogue, prices }: { catalogue: Catalogue; prices: PriceBook },
  { atMs, width }: { atMs: number; width: number | null },
): string {
  const models = [...catalogue.models.values()];
  const priceOf = (model: Model) => prices.find(model, atMs)?.id ?? "none";
  const isUsable = (model: Model | undefined) =>
    model?.isActive === true && prices.find(model, atMs) !== null;
  const wordOf = (model: Model) => (isUsable(model) ? "yes" : model.isActive ? "no price" : "not active");
  const rows = models.map((model) => [model.id, wordOf(model), priceOf(model)]);
  const routes = JOB_CLASSES.map((name) => {
    const usable = catalogue.routes[name].filter((id) => isUsable(catalogue.models.get(id)));
    return [name, usable.join(", ") || "nobody"];
  });
  const why = models
    .filter(({ isActive }) => !isActive)
    .map((model) => `${model.providerId}: ${model.inactiveBecause}`);
  return [
    `both files are sound; prices are those of ${prices.version}\n`,
    renderTable(COLUMNS, rows, width),
    renderTable([{ name: "route" }, { name: "is taken by" }], routes, null),
    ...(why.length === 0 ? [] : [`${[...new Set(why)].map((text) => `not active: ${text}`).join("\n")}\n`]),
  ].join("\n");
}
