import { describe, expect, test } from "vitest";
import { at, renderValues, type Values } from "./chart-values.ts";
import type { Manifest } from "./manifest.ts";
import { isInstalled } from "./render.ts";

interface Peer {
  podSelector?: { matchLabels: Record<string, string> };
  namespaceSelector?: { matchLabels: Record<string, string> };
  ipBlock?: { cidr: string; except?: string[] };
}
const SERVICES = ["ingest", "classifier", "invoker", "cost"];
const COMPONENT = "app.kubernetes.io/component";

function nameOf({ podSelector, namespaceSelector, ipBlock }: Peer): string {
  const pods = podSelector?.matchLabels[COMPONENT];
  const namespace = namespaceSelector?.matchLabels["kubernetes.io/metadata.name"];
  return pods ?? namespace ?? ipBlock?.cidr ?? "anybody";
}

/** What policies allow a component in one direction, as "who:port". */
function allowed(
  manifests: readonly Manifest[],
  component: string,
  direction: "ingress" | "egress",
): string[] {
  return manifests
    .filter(({ kind }) => kind === "NetworkPolicy")
    .filter((policy) => {
      const chosen = at(policy, "podSelector.matchExpressions.0.values") as string[] | undefined;
      return chosen === undefined || chosen.includes(component);
    })
    .flatMap(
      (policy) =>
        (at(policy, direction) ?? []) as { from?: Peer[]; to?: Peer[]; ports: { port: number }[] }[],
    )
    .flatMap(({ from, to, ports }) =>
      (from ?? to ?? [{}]).flatMap((peer) => ports.map(({ port }) => `${nameOf(peer)}:${port}`)),
    )
    .filter((line, index, lines) => lines.indexOf(line) === index)
    .sort();
}

const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
const EVERY_EGRESS = [
  ...PRIVATE.map((cidr) => `${cidr}:6379`),
  ...["0.0.0.0/0:443", "::/0:443", "169.254.20.10/32:53", "169.254.170.23/32:80", "kube-system:53"],
];

describe.skipIf(!isInstalled("helm"))("SKIP without helm: policies of the network", () => {
  const all = (values: Values = {}) => renderValues(values);

  test("deny all that is not named, to every pod of the release", () => {
    const deny = all().find(({ metadata }) => metadata.name === "switchyard-deny-all");
    expect(deny?.spec).toEqual({
      podSelector: {
        matchLabels: { "app.kubernetes.io/name": "switchyard", "app.kubernetes.io/instance": "switchyard" },
      },
      policyTypes: ["Ingress", "Egress"],
    });
  });

  test("let each service go where it has to, and nowhere else", () => {
    const rendered = all();
    for (const service of SERVICES)
      expect(allowed(rendered, service, "egress"), service).toEqual(
        [...EVERY_EGRESS, ...(service === "ingest" ? ["classifier:9464"] : [])].sort(),
      );
    expect(allowed(rendered, "test", "egress")).toEqual([
      "169.254.20.10/32:53",
      "ingest:8080",
      "kube-system:53",
    ]);
  });

  test("let in callers, scrapes, and KEDA where it scales", () => {
    const values = {
      scaling: { mode: "keda" },
      networkPolicy: {
        api: { namespaces: ["web"], cidrs: ["10.1.0.0/16"] },
        healthChecks: { cidrs: ["10.1.0.0/16"] },
        metrics: { namespaces: ["watch"] },
      },
    };
    const rendered = all(values);
    expect(allowed(rendered, "ingest", "ingress")).toEqual([
      "10.1.0.0/16:8080",
      "10.1.0.0/16:9464",
      "keda:9464",
      "test:8080",
      "watch:9464",
      "web:8080",
    ]);
    expect(allowed(rendered, "classifier", "ingress")).toEqual(["ingest:9464", "watch:9464"]);
    expect(allowed(rendered, "invoker", "ingress")).toEqual(["watch:9464"]);
    expect(allowed(all(), "ingest", "ingress")).not.toContain("keda:9464");
  });

  test("name the emulator and the collector by the ports of their addresses", () => {
    const rendered = all({
      dynamodb: { endpoint: "http://dynamodb.data:8000" },
      tracing: { endpoint: "https://otel.example.org/otlp" },
    });
    expect(allowed(rendered, "cost", "egress")).toEqual(
      [...EVERY_EGRESS, ...PRIVATE.map((cidr) => `${cidr}:8000`), "monitoring:443"].sort(),
    );
  });

  test("let pods reach interface endpoints of a VPC by the private addresses that are named", () => {
    const rendered = all({ networkPolicy: { https: { cidrs: ["10.0.32.0/24"] } } });
    expect(allowed(rendered, "invoker", "egress")).toEqual([...EVERY_EGRESS, "10.0.32.0/24:443"].sort());
  });

  test("let nobody but the services reach the Redis of a trial, and invokers alone the simulated provider", () => {
    const rendered = all({ redis: { trial: { enabled: true } }, simulator: { enabled: true } });
    expect(allowed(rendered, "redis", "ingress")).toEqual(
      SERVICES.map((service) => `${service}:6379`).sort(),
    );
    expect(allowed(rendered, "redis", "egress")).toEqual([]);
    expect(allowed(rendered, "simulator", "ingress")).toEqual(["invoker:4010"]);
    expect(allowed(rendered, "simulator", "egress")).toEqual([]);
  });

  test("are none where they are switched off", () => {
    const rendered = all({ networkPolicy: { enabled: false } });
    expect(rendered.filter(({ kind }) => kind === "NetworkPolicy")).toEqual([]);
  });
});
