import { describe, expect, test } from "vitest";
import { problemsOf, type Values } from "./chart-values.ts";
import { isInstalled, run } from "./render.ts";

const OPENAI = { openai: { existingSecret: "keys", env: { OPENAI_API_KEY: "openai" } } };
const LIMITED = `
version: 1
providers:
  lab: { kind: openai, base_url_env: LAB_URL, limits: { in_flight: 64 } }
models:
  lab-small: { provider: lab, concurrency: 8, timeout_ms: 20000, limits: { requests_per_minute: 240, tokens_per_minute: 60000 } }
  lab-large: { provider: lab, concurrency: 8, timeout_ms: 600000 }
`;
const LAB = { catalogue: LIMITED, providers: { lab: { environment: { LAB_URL: "http://lab" } } } };

/** Pools of the lab's models, scaled by KEDA. */
const scaled = (pools: Values, more: Values = {}): Values => ({
  ...LAB,
  scaling: { mode: "keda" },
  invoker: { pools },
  ...more,
});

const REFUSED: [string, Values, string[]][] = [
  [
    "a provider that the catalogue does not have",
    { providers: { opnai: {} } },
    ["providers.opnai: the catalogue has no such provider"],
  ],
  [
    "a provider without the variable that it needs",
    { providers: { bedrock: {} } },
    ["providers.bedrock: needs BEDROCK_REGION (region_env of the catalogue)"],
  ],
  [
    "a provider's key of no Secret",
    { providers: { openai: { env: { OPENAI_API_KEY: "openai" } } } },
    ["providers.openai.existingSecret: name the Secret that OPENAI_API_KEY is in"],
  ],
  [
    "a provider's key in plain sight",
    { environment: { OPENAI_API_KEY: "sk-…" } },
    ["environment.OPENAI_API_KEY: is not set here, but by providers.openai.env: it is a secret"],
  ],
  [
    "an address that would be set twice, or lead past the policies of the network",
    {
      environment: { REDIS_URL_FILE: "/redis" },
      cost: { environment: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://o" } },
    },
    [
      "cost.environment.OTEL_EXPORTER_OTLP_ENDPOINT: is not set here, but by tracing.endpoint",
      "environment.REDIS_URL_FILE: is not set here, but by redis.existingSecret",
    ],
  ],
  [
    "AWS keys in plain sight, but those of an emulator",
    {
      environment: { AWS_ACCESS_KEY_ID: "AKIA…", AWS_SECRET_ACCESS_KEY: "…" },
      cost: { environment: { AWS_SESSION_TOKEN: "…" } },
    },
    [
      "cost.environment.AWS_SESSION_TOKEN: is not set here, but by aws.existingSecret: it is a secret",
      "environment.AWS_SECRET_ACCESS_KEY: is not set here, but by aws.existingSecret: it is a secret",
    ],
  ],
  [
    "AWS keys beside those of the Secret",
    {
      aws: { existingSecret: "aws-keys" },
      dynamodb: { endpoint: "http://dynamodb:8000" },
      environment: { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" },
      providers: { openai: { existingSecret: "keys", env: { OPENAI_API_KEY: "a", AWS_SESSION_TOKEN: "b" } } },
    },
    [
      "environment.AWS_ACCESS_KEY_ID: is not set here, but by aws.existingSecret",
      "environment.AWS_SECRET_ACCESS_KEY: is not set here, but by aws.existingSecret",
      "providers.openai.env.AWS_SESSION_TOKEN: is not set here, but by aws.existingSecret",
    ],
  ],
  [
    "a drain time past its check",
    { ...LAB, invoker: { environment: { DRAIN_TIMEOUT_MS: 1000 } } },
    ["invoker.environment.DRAIN_TIMEOUT_MS: is not set here, but by drainSeconds"],
  ],
  ["a catalogue that is no YAML", { catalogue: "models: [" }, ["catalogue: is no YAML"]],
  [
    "a price book in the place of the catalogue",
    { catalogue: '{ "version": "1", "prices": {} }' },
    ["catalogue: has neither providers nor models; is it a switchyard.yaml?"],
  ],
  ["a catalogue in the place of the price book", { prices: LIMITED }, ["prices: is no JSON"]],
  ["a catalogue of a list", { catalogue: "models: [a]" }, ["catalogue: models must be a map of ids"]],
  [
    "a catalogue whose parts do not fit",
    { catalogue: "{ providers: { lab: 5 }, models: { a: { provider: lbb }, b: 7 } }" },
    [
      "catalogue: providers.lab must be a map",
      "catalogue: models.b must be a map",
      "catalogue: models.a.provider: there is no provider lbb",
    ],
  ],
  [
    "labels that would hide pods from what selects them",
    {
      ingest: { podLabels: { "app.kubernetes.io/component": "api", team: "x" } },
      invoker: { pools: { all: { models: [], podLabels: { "switchyard.dev/pool": "x" } } } },
    },
    [
      "ingest.podLabels: app.kubernetes.io/component is set by the chart",
      "invoker.pools.all.podLabels: switchyard.dev/pool is set by the chart",
    ],
  ],
  [
    "a pool of no model",
    { invoker: { pools: { "gpt-9": {} } } },
    ["invoker.pools.gpt-9: is the name of no model of the catalogue"],
  ],
  [
    "a pool of an unknown model, and a model that no pool serves",
    scaled({ all: { models: ["lab-small", "lab-huge"] } }),
    ["invoker.pools.all: the catalogue has no model lab-huge", "invoker.pools: no pool serves lab-large"],
  ],
  [
    "a pool of a model whose provider is not active",
    { providers: OPENAI, invoker: { pools: { "nova-pro": {}, rest: { models: [] } } } },
    ["invoker.pools.nova-pro: nova-pro is a model of bedrock, which `providers` does not name"],
  ],
  [
    "two pools for the rest",
    scaled({ a: { models: [] }, b: { models: [] } }),
    ["invoker.pools: a, b all have `models: []`"],
  ],
  [
    "a pool for a rest of nothing",
    scaled({ all: { models: ["lab-small", "lab-large"] }, rest: { models: [] } }),
    ["invoker.pools.rest: no model is left for it"],
  ],
  [
    "a model that two pools would be scaled for",
    scaled({ a: { models: ["lab-small", "lab-large"] }, b: { models: ["lab-large"] } }),
    ["invoker.pools.b: lab-large is in another pool, too"],
  ],
  [
    "a drain that is shorter than the longest call",
    { ...LAB, invoker: { pools: { all: { models: [], drainSeconds: 600 } } } },
    ["invoker.pools.all.drainSeconds: 600 is less than the longest call (600 s) and 30 s"],
  ],
  [
    "a grace period that ends before the drain does",
    { ...LAB, invoker: { terminationGracePeriodSeconds: 640 } },
    ["invoker.pools.all.terminationGracePeriodSeconds: 640 is less than preStop + drain + 15 s (645)"],
  ],
  [
    "a grace period that leaves out the wait before the stop",
    { ingest: { preStopSeconds: 10, drainSeconds: 30, terminationGracePeriodSeconds: 54 } },
    ["ingest.terminationGracePeriodSeconds: 54 is less than preStop + drain + 15 s (55)"],
  ],
  [
    "more pods than the limits can feed: 240 a minute of 10 s each are 40 calls, for 5 pods",
    scaled({ "lab-small": { maxReplicas: 6 }, "lab-large": {} }),
    ["invoker.pools.lab-small.maxReplicas: 6 is more than the limits of the catalogue can feed (5,"],
  ],
  [
    "more pods than the provider's limit can feed: 64 calls are for 8 pods",
    scaled({ "lab-small": {}, "lab-large": { maxReplicas: 9 } }),
    ["invoker.pools.lab-large.maxReplicas: 9 is more than the limits of the catalogue can feed (8,"],
  ],
  [
    "a minimum above what the limits can feed",
    scaled({ "lab-small": { minReplicas: 6 }, "lab-large": {} }),
    ["invoker.pools.lab-small.minReplicas: 6 is more than maxReplicas (5)"],
  ],
  [
    "a fixed number beside a scaler",
    scaled({ all: { models: [], replicas: 3 } }, { cost: { replicas: 2 } }),
    [
      "invoker.pools.all.replicas: with scaling.mode keda the scaler sets the number",
      "cost.replicas: with scaling.mode keda the scaler sets the number",
    ],
  ],
  [
    "bounds without a scaler",
    { invoker: { pools: { all: { models: [], maxReplicas: 3 } } } },
    ["invoker.pools.all: minReplicas and maxReplicas need a scaler"],
  ],
  [
    "a plain autoscaler that goes to zero",
    { ...scaled({ all: { models: [], minReplicas: 0 } }), scaling: { mode: "hpa" } },
    ["invoker.pools.all.minReplicas: a HorizontalPodAutoscaler cannot go to 0"],
  ],
  [
    "bounds of a service that cross",
    { classifier: { minReplicas: 3, maxReplicas: 2 } },
    ["classifier.minReplicas: 3 is more than maxReplicas (2)"],
  ],
  [
    "no Redis",
    { redis: { existingSecret: "" } },
    ["redis.existingSecret: name the Secret with the address of Redis"],
  ],
  ["no pepper", { apiKeys: { existingSecret: "" } }, ["apiKeys.existingSecret: name the Secret"]],
  [
    "a service account of nobody",
    { cost: { serviceAccount: { create: false } } },
    ["cost.serviceAccount.name: with create: false, name the ServiceAccount"],
  ],
  [
    "two monitors of the same pods",
    { monitoring: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } },
    ["monitoring: podMonitor and serviceMonitor would both scrape every pod"],
  ],
  [
    "a disruption budget that lets no node be drained",
    { podDisruptionBudget: { maxUnavailable: "0%" } },
    ["podDisruptionBudget.maxUnavailable: with 0 no node can ever be drained"],
  ],
  [
    "an ingress for no host",
    { ingest: { ingress: { enabled: true } } },
    ["ingest.ingress.hosts: name at least one host"],
  ],
  [
    "making the table on AWS",
    { dynamodb: { createTable: true } },
    ["dynamodb.createTable: is for emulators"],
  ],
  [
    "a policy that leaves Redis out of reach",
    { networkPolicy: { redis: { cidrs: [] } } },
    ["networkPolicy.redis: name cidrs or namespaces"],
  ],
  [
    "KEDA in no namespace",
    scaled({ all: { models: [] } }, { networkPolicy: { keda: { namespace: "" } } }),
    ["networkPolicy.keda.namespace: with scaling.mode keda, name the namespace"],
  ],
  [
    "external secrets of no store, and without a key that is needed",
    { externalSecrets: { enabled: true, secrets: { switchyard: { "redis-url": { key: "a" } } } } },
    [
      "externalSecrets.storeRef.name: name the SecretStore",
      "externalSecrets.secrets.switchyard: lacks the key api-key-pepper, which apiKeys needs",
    ],
  ],
  [
    "external secrets without a key of AWS",
    {
      aws: { existingSecret: "aws-keys", sessionTokenKey: "token" },
      externalSecrets: {
        enabled: true,
        storeRef: { name: "store" },
        secrets: { "aws-keys": { "aws-access-key-id": { key: "a" } } },
      },
    },
    [
      "externalSecrets.secrets.aws-keys: lacks the key aws-secret-access-key, which aws needs",
      "externalSecrets.secrets.aws-keys: lacks the key token, which aws needs",
    ],
  ],
];

describe.skipIf(!isInstalled("helm"))("SKIP without helm: the chart refuses, and says why,", () => {
  test.each(REFUSED)("%s", (_, values, said) => {
    const problems = problemsOf(values);
    expect(problems.map((problem, index) => problem.slice(0, said[index]?.length))).toEqual(said);
  });

  test.each(["1st", "a.b"])("a release whose name no Service may begin with: %s", (name) => {
    const install = () => run("helm", ["template", name, "helm/switchyard", "--kube-version=1.33.0"]);
    expect(install).toThrow(`- fullnameOverride: objects would be called ${name}-switchyard-…`);
  });

  test("all that is wrong at once", () => {
    const all = problemsOf({
      apiKeys: { existingSecret: "" },
      dynamodb: { createTable: true },
      providers: { x: {} },
    });
    expect(all).toHaveLength(3);
  });
});
