import { readFileSync } from "node:fs";
import { queueSlug } from "@switchyard/shared/queues";
import { describe, expect, test } from "vitest";
import { at, environmentOf, find, renderValues, type Values } from "./chart-values.ts";
import { isInstalled } from "./render.ts";

const BEDROCK = {
  bedrock: { environment: { BEDROCK_REGION: "eu-central-1" } },
  openai: { existingSecret: "keys", env: { OPENAI_API_KEY: "openai" } },
};
const HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0";
const CATALOGUE = `
version: 1
providers:
  lab: { kind: openai, base_url_env: LAB_URL, limits: { in_flight: 64 } }
models:
  lab-small: { provider: lab, timeout_ms: 20500, limits: { requests_per_minute: 240, tokens_per_minute: 60000 } }
  lab-large: { provider: lab, concurrency: 4, timeout_ms: 600000 }
`;
const lab = (pools: Values, mode = "keda"): Values => ({
  catalogue: CATALOGUE,
  providers: { lab: { environment: { LAB_URL: "http://lab" } } },
  scaling: { mode },
  invoker: { pools },
});
const scaledObject = (values: Values, name: string) => find(renderValues(values), "ScaledObject", name);
const drainOf = (values: Values, name: string) => {
  const deployment = find(renderValues(values), "Deployment", name);
  return [
    environmentOf(deployment)["DRAIN_TIMEOUT_MS"],
    at(deployment, "template.spec.terminationGracePeriodSeconds"),
  ];
};

describe.skipIf(!isInstalled("helm"))("SKIP without helm: of the pools in a map", () => {
  test("each is a Deployment of its own, and one takes the models that no other names", () => {
    const pools = {
      "gpt-4.1-nano": {},
      thinkers: { models: ["gpt-5-mini", "gpt-5.2"] },
      rest: { models: [] },
    };
    const all = renderValues({ providers: BEDROCK, invoker: { pools } });
    const models = (name: string) =>
      environmentOf(find(all, "Deployment", name))["INVOKER_MODELS"]?.split(",");
    expect(models("invoker-gpt-4-1-nano-bf2bf007")).toEqual(["gpt-4.1-nano"]);
    expect(models("invoker-thinkers")).toEqual(["gpt-5-mini", "gpt-5.2"]);
    expect(models("invoker-rest")).toContain("claude-opus-4.5");
    expect(models("invoker-rest")).not.toContain("gpt-5.2");
    expect(models("invoker-rest")?.filter((model) => /^(sim|deepseek)/.test(model))).toEqual([]);
  });

  test("one is named after a Bedrock id by a slug, and keeps the id in an annotation", () => {
    const all = renderValues({
      providers: BEDROCK,
      invoker: { pools: { [HAIKU]: {}, rest: { models: [] } } },
    });
    const slug = "anthropic-claude-haik-c77f49ef";
    const deployment = find(all, "Deployment", `invoker-${slug}`);
    expect(deployment.metadata.labels).toMatchObject({ "switchyard.dev/pool": slug });
    expect(deployment.metadata.annotations).toEqual({ "switchyard.dev/pool": HAIKU });
    expect(environmentOf(deployment)["INVOKER_MODELS"]).toBe("claude-haiku-4.5");
  });

  test("each has the short name that the code makes of its id, and labels that are valid", () => {
    const book = JSON.parse(readFileSync(new URL("../../../prices.json", import.meta.url), "utf8"));
    const ids: string[] = book.prices
      .map(({ id }: { id: string }) => id)
      .filter((id: string) => id.startsWith("bedrock/"))
      .flatMap((id: string) => [id, id.slice("bedrock/".length), `us.${id.slice("bedrock/".length)}`]);
    const models = ids.map((_, index) => `m${index}: { provider: lab }`).join(", ");
    const catalogue = `{ providers: { lab: {} }, models: { ${models} } }`;
    const pools = Object.fromEntries(ids.map((id, index) => [id, { models: [`m${index}`] }]));
    const all = renderValues({ catalogue, providers: { lab: {} }, invoker: { pools } });
    const slugs = all
      .filter(({ kind, metadata }) => kind === "Deployment" && metadata.labels?.["switchyard.dev/pool"])
      .map(({ metadata }) => [metadata.annotations?.["switchyard.dev/pool"], metadata.name]);
    expect(Object.fromEntries(slugs)).toEqual(
      Object.fromEntries(ids.map((id) => [id, `switchyard-invoker-${queueSlug(id)}`])),
    );
    for (const [, name = ""] of slugs) expect(name).toMatch(/^[a-z0-9-]{1,62}[a-z0-9]$/);
    expect(slugs.length).toBeGreaterThan(30);
  });

  test("the only one serves every active model", () => {
    const deployment = find(renderValues({ providers: BEDROCK }), "Deployment", "invoker-all");
    expect(environmentOf(deployment)["INVOKER_MODELS"]).toBeUndefined();
  });

  test("each outlasts the longest call of its models by 30 s, and is given 15 s more", () => {
    const values = lab({ "lab-small": {}, "lab-large": {} });
    expect(drainOf(values, "invoker-lab-small")).toEqual(["51000", 66]);
    expect(drainOf(values, "invoker-lab-large")).toEqual(["630000", 645]);
    expect(drainOf({}, "ingest")).toEqual(["30000", 50]);
  });

  test("one that judges jobs outlasts these calls, too", () => {
    const values = lab({ "lab-small": {}, "lab-large": {} });
    const judge = "classifier: { mode: llm, llm: { model: lab-small, timeout_ms: 60000 } }";
    expect(drainOf({ ...values, catalogue: CATALOGUE + judge }, "invoker-lab-small")).toEqual(["90000", 105]);
  });

  test("each scales by the load of its own queues, up to what their limits can feed", () => {
    const values = lab({ "lab-small": { minReplicas: 0, meanSeconds: 8 }, "lab-large": {} });
    // 240 a minute of 8 s each are 32 calls, 8 to a pod; of the provider's 64 calls 4 are to a pod.
    const small = scaledObject(values, "invoker-lab-small");
    expect(small.spec).toMatchObject({ minReplicaCount: 0, maxReplicaCount: 4, cooldownPeriod: 300 });
    const url = "http://switchyard-ingest.switchyard.svc:9464/queue-load";
    expect(at(small, "triggers.0.metadata")).toEqual({
      url: `${url}?stage=invoke&due_within=15&model=lab-small`,
      valueLocation: "load",
      targetValue: "8",
    });
    const large = scaledObject(values, "invoker-lab-large");
    expect(large.spec).toMatchObject({ minReplicaCount: 1, maxReplicaCount: 16, cooldownPeriod: 600 });
    expect(at(large, "triggers.0.metadata.targetValue")).toBe("4");
  });

  test("tokens a minute bound a pool where the tokens of a call are known", () => {
    // 60,000 a minute at 10 s and 500 tokens a call are 20 calls, for 2 pods.
    const values = lab({ "lab-small": { meanTokens: 500 }, "lab-large": {} });
    expect(scaledObject(values, "invoker-lab-small").spec).toMatchObject({ maxReplicaCount: 2 });
  });

  test("one keeps pods while the load cannot be read, and shrinks slowly", () => {
    const object = scaledObject(lab({ all: { models: [], maxReplicas: 1 } }), "invoker-all");
    expect(at(object, "fallback")).toEqual({
      failureThreshold: 3,
      replicas: 1,
      behavior: "currentReplicasIfHigher",
    });
    expect(at(object, "advanced.horizontalPodAutoscalerConfig.behavior.scaleDown")).toEqual({
      stabilizationWindowSeconds: 300,
      selectPolicy: "Max",
      policies: [{ type: "Percent", value: 50, periodSeconds: 60 }],
    });
  });

  test("one scales by the same load without KEDA, by the short names of its queues", () => {
    const all = renderValues(lab({ "lab-small": {}, "lab-large": {} }, "hpa"));
    expect(at(find(all, "HorizontalPodAutoscaler", "invoker-lab-small"), "metrics.0.external")).toEqual({
      metric: {
        name: "switchyard_queue_load",
        selector: { matchExpressions: [{ key: "queue", operator: "In", values: ["invoke-lab-small"] }] },
      },
      target: { type: "AverageValue", averageValue: "8" },
    });
    expect(all.filter(({ kind }) => kind === "ScaledObject")).toEqual([]);
  });

  test.each(["none", "keda", "hpa"])("a number of pods stands where mode %s leaves it to us", (mode) => {
    const all = renderValues({ ...lab({ all: { models: [] } }, mode) });
    const numbers = ["ingest", "classifier", "cost", "invoker-all"].map((name) =>
      at(find(all, "Deployment", name), "replicas"),
    );
    expect(numbers).toEqual([2, ...Array(3).fill(mode === "none" ? 2 : undefined)]);
  });

  test("a number that is given holds without a scaler, none for a pool, too", () => {
    const values = { cost: { replicas: 5 }, invoker: { pools: { all: { models: [], replicas: 0 } } } };
    const all = renderValues(values);
    const numbers = ["classifier", "cost", "invoker-all"].map((name) =>
      at(find(all, "Deployment", name), "replicas"),
    );
    expect(numbers).toEqual([2, 5, 0]);
  });
});
