import type { Catalogue } from "@switchyard/shared/catalogue";
import type { PriceBook } from "@switchyard/shared/pricing";
import type { Response } from "express";
import type { ApiRequest, Route } from "../http/request-context.ts";

/** The models that a job may name: `auto`, and every active one that has a price. */
export function modelsRoute({ catalogue, prices }: { catalogue: Catalogue; prices: PriceBook }): Route {
  const models = [...catalogue.models.values()]
    .filter((model) => model.isActive && prices.find(model.priceId) !== null)
    .map((model) => ({
      id: model.id,
      object: "model",
      created: 0,
      owned_by: model.providerId,
      window_tokens: model.windowTokens,
      max_output_tokens: model.maxOutputTokens,
      price_id: model.priceId,
    }));
  const auto = { id: "auto", object: "model", created: 0, owned_by: "switchyard" };
  async function handle(_: ApiRequest, response: Response): Promise<void> {
    response.setHeader("Cache-Control", "private, no-cache");
    response.json({ object: "list", data: [auto, ...models] });
  }
  return { method: "get", path: "/v1/models", scope: "jobs:read", body: null, handle };
}
