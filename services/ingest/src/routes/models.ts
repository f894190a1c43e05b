import type { Catalogue } from "@switchyard/shared/catalogue";
import type { PriceBook } from "@switchyard/shared/pricing";
import type { Admission } from "@switchyard/shared/queues";
import type { Response } from "express";
import type { ApiRequest, Route } from "../http/request-context.ts";

export interface ModelsOptions {
  catalogue: Catalogue;
  prices: PriceBook;
  admission: Pick<Admission, "breakers">;
}

/** The models that a job may name: `auto`, and every active one that has a price. */
export function modelsRoute({ catalogue, prices, admission }: ModelsOptions): Route {
  const modelsAt = (atMs: number) =>
    [...catalogue.models.values()]
      .flatMap((model) => {
        const price = model.isActive ? prices.find(model, atMs) : null;
        return price === null ? [] : [{ model, price }];
      })
      .map(({ model, price }) => ({
        id: model.id,
        object: "model",
        created: 0,
        owned_by: model.providerId,
        window_tokens: model.windowTokens,
        max_output_tokens: model.maxOutputTokens,
        price_id: price.id,
      }));
  const auto = { id: "auto", object: "model", created: 0, owned_by: "switchyard" };
  async function handle(_: ApiRequest, response: Response): Promise<void> {
    response.setHeader("Cache-Control", "private, no-cache");
    response.json({ object: "list", data: [auto, ...(await withHeld(admission, modelsAt(Date.now())))] });
  }
  return { method: "get", path: "/v1/models", scope: "jobs:read", body: null, handle };
}

/** Whether calls are held back just now; null while Redis cannot be asked. Why is the operator's affair. */
async function withHeld<Shown extends { id: string }>(
  admission: ModelsOptions["admission"],
  models: readonly Shown[],
): Promise<(Shown & { is_held: boolean | null })[]> {
  const breakers = await admission.breakers(models.map(({ id }) => id)).catch(() => null);
  return models.map((model, index) => ({
    ...model,
    is_held: breakers === null ? null : breakers[index] !== null,
  }));
}
