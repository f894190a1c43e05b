import { globSync } from "node:fs";
import { basename } from "node:path";
import { queueSlug } from "@switchyard/shared/queues";
import { describe, expect, test } from "vitest";
import { at, environmentOf, find, renderValues } from "./chart-values.ts";
import { isInstalled } from "./render.ts";
import { ROOT, readText } from "./repository.ts";

const SERVICES = ["ingest", "classifier", "invoker-all", "cost"];
const PROVIDERS = {
  openai: { existingSecret: "openai-keys", env: { OPENAI_API_KEY: "key" } },
  bedrock: { environment: { BEDROCK_REGION: "eu-central-1" } },
};

describe.skipIf(!isInstalled("helm"))("SKIP without helm: the chart", () => {
  test("gives keys of providers to invokers alone, and tells all services who is active", () => {
    const all = renderValues({ providers: PROVIDERS });
    for (const service of SERVICES) {
      const { ACTIVE_PROVIDERS, OPENAI_API_KEY, BEDROCK_REGION, API_KEY_PEPPER } = environmentOf(
        find(all, "Deployment", service),
      );
      const isInvoker = service === "invoker-all";
      expect(ACTIVE_PROVIDERS).toBe("bedrock,openai");
      expect(OPENAI_API_KEY).toBe(isInvoker ? "openai-keys/key" : undefined);
      expect(BEDROCK_REGION).toBe(isInvoker ? "eu-central-1" : undefined);
      expect(API_KEY_PEPPER).toBe(service === "ingest" ? "switchyard/api-key-pepper" : undefined);
    }
  });

  test("gives a pool the keys of the providers that it calls, and no others", () => {
    const pools = { "nova-pro": {}, "gpt-5.2": {}, rest: { models: [] } };
    const all = renderValues({ providers: PROVIDERS, invoker: { pools } });
    const heldBy = (pool: string) => {
      const held = environmentOf(find(all, "Deployment", `invoker-${pool}`));
      return [held["ACTIVE_PROVIDERS"], held["OPENAI_API_KEY"], held["BEDROCK_REGION"]];
    };
    expect(heldBy("nova-pro")).toEqual(["bedrock,openai", undefined, "eu-central-1"]);
    expect(heldBy(queueSlug("gpt-5.2"))).toEqual(["bedrock,openai", "openai-keys/key", undefined]);
    expect(heldBy("rest")).toEqual(["bedrock,openai", "openai-keys/key", "eu-central-1"]);
  });

  test("gives all services AWS keys from one Secret, and none without it", () => {
    const keysOf = (values: object, service: string) =>
      Object.entries(environmentOf(find(renderValues({ ...values }), "Deployment", service))).filter(
        ([name]) => /^AWS_(ACCESS|SECRET|SESSION)/.test(name),
      );
    for (const service of SERVICES) {
      expect(keysOf({ aws: { existingSecret: "own", sessionTokenKey: "token" } }, service)).toEqual([
        ["AWS_ACCESS_KEY_ID", "own/aws-access-key-id"],
        ["AWS_SECRET_ACCESS_KEY", "own/aws-secret-access-key"],
        ["AWS_SESSION_TOKEN", "own/token"],
      ]);
      expect(keysOf({}, service)).toEqual([]);
    }
    const key = { aws: { existingSecret: "own", accessKeyIdKey: "id", secretAccessKeyKey: "key" } };
    expect(keysOf(key, "cost")).toEqual([
      ["AWS_ACCESS_KEY_ID", "own/id"],
      ["AWS_SECRET_ACCESS_KEY", "own/key"],
    ]);
  });

  test("takes what an emulator wants for keys as plain variables", () => {
    const environment = { AWS_ACCESS_KEY_ID: "local", AWS_SECRET_ACCESS_KEY: "local" };
    const all = renderValues({ environment, dynamodb: { endpoint: "http://dynamodb:8000" } });
    expect(environmentOf(find(all, "Deployment", "cost"))).toMatchObject(environment);
  });

  test("restarts pods when the catalogue, the prices or the place of a Secret change", () => {
    const sumsOf = (values: object) =>
      at(find(renderValues({ ...values }), "Deployment", "cost"), "template.metadata.annotations") as Record<
        string,
        string
      >;
    const before = sumsOf({});
    const catalogue = `${readText("switchyard.yaml")}\n# changed`;
    expect(sumsOf({ catalogue })["checksum/config"]).not.toBe(before["checksum/config"]);
    expect(sumsOf({ prices: "{}" })["checksum/config"]).not.toBe(before["checksum/config"]);
    expect(sumsOf({ redis: { urlKey: "url" } })["checksum/secrets"]).not.toBe(before["checksum/secrets"]);
    const aws = { existingSecret: "switchyard" };
    expect(sumsOf({ aws })["checksum/secrets"]).not.toBe(before["checksum/secrets"]);
    expect(sumsOf({ ingest: { replicas: 5 } })).toEqual(before);
  });

  test("has an account per service, whose role may stand in an annotation or nowhere", () => {
    const annotations = { "eks.amazonaws.com/role-arn": "arn:aws:iam::111122223333:role/cost" };
    const all = renderValues({
      cost: { serviceAccount: { annotations } },
      ingest: { serviceAccount: { create: false, name: "mine" } },
    });
    const accounts = all.filter(({ kind }) => kind === "ServiceAccount").map(({ metadata }) => metadata.name);
    expect(accounts).toEqual(["switchyard-classifier", "switchyard-invoker", "switchyard-cost"]);
    expect(find(all, "ServiceAccount", "cost").metadata.annotations).toEqual(annotations);
    expect(find(all, "ServiceAccount", "invoker").metadata.annotations).toBeUndefined();
    expect(at(find(all, "Deployment", "ingest"), "template.spec.serviceAccountName")).toBe("mine");
  });

  test("spreads the pods of each service over zones and hosts, and starts them where that cannot be", () => {
    for (const service of SERVICES) {
      const spread = at(
        find(renderValues({}), "Deployment", service),
        "template.spec.topologySpreadConstraints",
      );
      expect(spread).toMatchObject([
        { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
        { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
      ]);
    }
  });

  test("places each service by its own settings, and each pool by its own", () => {
    const values = {
      cost: { priorityClassName: "high" },
      invoker: {
        priorityClassName: "calls",
        pools: { a: { models: [], priorityClassName: "batch", podLabels: { team: "x" } } },
      },
    };
    const all = renderValues(values);
    expect(at(find(all, "Deployment", "cost"), "template.spec.priorityClassName")).toBe("high");
    expect(at(find(all, "Deployment", "invoker-a"), "template.spec.priorityClassName")).toBe("batch");
    expect(at(find(all, "Deployment", "invoker-a"), "template.metadata.labels")).toMatchObject({ team: "x" });
    expect(at(find(all, "Deployment", "ingest"), "template.spec.priorityClassName")).toBeUndefined();
  });

  test("takes Secrets from a store by the names that its pods use", () => {
    const place = { key: "switchyard/pepper", property: "value" };
    const secrets = { switchyard: { "redis-url": { key: "switchyard/redis" }, "api-key-pepper": place } };
    const all = renderValues({ externalSecrets: { enabled: true, storeRef: { name: "aws" }, secrets } });
    const secret = all.find(({ kind }) => kind === "ExternalSecret");
    expect(secret?.metadata.name).toBe("switchyard");
    expect(secret?.spec).toMatchObject({ target: { name: "switchyard" } });
    expect(secret?.spec?.["data"]).toEqual([
      { secretKey: "api-key-pepper", remoteRef: place },
      { secretKey: "redis-url", remoteRef: { key: "switchyard/redis" } },
    ]);
  });

  test("links alerts to where runbooks are read", () => {
    const runbooksUrl = "https://git.example.org/runbooks.md";
    const all = renderValues({ monitoring: { rules: { enabled: true, runbooksUrl } } });
    const rules = all.filter(({ kind }) => kind === "PrometheusRule");
    const links = [...JSON.stringify(rules).matchAll(/"runbook_url":"(.+?)#\w+"/g)].map(([, link]) => link);
    expect(links.length).toBeGreaterThan(30);
    expect(new Set(links)).toEqual(new Set([runbooksUrl]));
  });

  test("brings every dashboard and every file of rules that it ships", () => {
    const labels = { release: "kps" };
    const all = renderValues({
      monitoring: {
        rules: { enabled: true, labels },
        dashboards: { enabled: true },
        podMonitor: { enabled: true, labels },
      },
    });
    const shipped = (folder: string) =>
      globSync(`${ROOT}helm/switchyard/files/${folder}/*`).map((file) => basename(file));
    for (const file of shipped("dashboards")) {
      const { data = {}, metadata } = find(all, "ConfigMap", `dashboard-${file.replace(".json", "")}`);
      const text = Object.values(data)[0] ?? "";
      expect(JSON.parse(text)).toEqual(JSON.parse(readText(`helm/switchyard/files/dashboards/${file}`)));
      expect(metadata.labels).toMatchObject({ grafana_dashboard: "1" });
    }
    const rules = all.filter(({ kind }) => kind === "PrometheusRule");
    expect(rules.map(({ metadata }) => metadata.name).sort()).toEqual(
      shipped("rules")
        .map((file) => `switchyard-${file.replace(".yaml", "")}`)
        .sort(),
    );
    for (const { metadata } of [...rules, ...all.filter(({ kind }) => kind === "PodMonitor")])
      expect(metadata.labels).toMatchObject(labels);
    expect(shipped("dashboards").length).toBeGreaterThan(0);
  });
});
