import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadCatalogue } from "../catalogue/index.ts";
import { createMetrics } from "../telemetry/index.ts";
import { tellCatalogue } from "./tell-catalogue.ts";

const YAML = `
version: 1
providers:
  open: { kind: openai, base_url: "http://localhost:1", limits: { requests_per_minute: 500, in_flight: 100 } }
  away: { kind: openai, api_key_env: AWAY_KEY, limits: { in_flight: 5 } }
models:
  small:
    { provider: open, window_tokens: 1000, max_output_tokens: 100, strength: 1, limits: { in_flight: 8, tokens_per_minute: 900 } }
  large: { provider: open, window_tokens: 1000, max_output_tokens: 100, strength: 2 }
  absent: { provider: away, window_tokens: 1000, max_output_tokens: 100, strength: 3 }
routes: { SIMPLE: [small], CALCULATION: [small], COMPLEX: [large] }
classifier: { expected_output_tokens: { SIMPLE: 1, CALCULATION: 1, COMPLEX: 1 } }
`;

async function told() {
  const catalogue = loadCatalogue({
    ...{ text: YAML, file: "f.yaml", environment: {} },
    priceIds: new Set(["open/small"]),
  });
  const metrics = createMetrics("test");
  tellCatalogue(catalogue, metrics);
  return metrics;
}

test("of every active model the lesser of its own and its account's limits is told, and those of the account", async () => {
  const { providerLimit } = await told();
  const { values } = await providerLimit.get();
  expect(
    values.map(({ labels, value }) => `${labels.provider} ${labels.model} ${labels.limit} ${value}`),
  ).toEqual([
    "open all requests_per_minute 500",
    "open all in_flight 100",
    "open small requests_per_minute 500",
    "open small tokens_per_minute 900",
    "open small in_flight 8",
    "open large requests_per_minute 500",
    "open large in_flight 100",
  ]);
});

test("an active model without a price shows as 0, and one that is not active not at all", async () => {
  const { values } = await (await told()).modelPriced.get();
  expect(values.map(({ labels, value }) => [labels.model, value])).toEqual([
    ["small", 1],
    ["large", 0],
  ]);
});

test("the release that runs is that of the repository", async () => {
  const root = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"));
  const { values } = await (await told()).buildInfo.get();
  expect(values).toMatchObject([{ labels: { version: root.version }, value: 1 }]);
});
