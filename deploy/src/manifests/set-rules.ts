import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { idOf, type Manifest, type Texts, type Workload } from "./manifest.ts";
import {
  isService,
  type ManifestSet,
  matches,
  podLabels,
  type Rules,
  type Selector,
  unless,
} from "./rule.ts";

interface ScalerSpec {
  scaleTargetRef?: { kind?: string; name: string };
  minReplicas?: number;
  maxReplicas?: number;
  minReplicaCount?: number;
  maxReplicaCount?: number;
  fallback?: { replicas: number };
}
interface PolicySpec {
  podSelector?: Selector;
  policyTypes?: string[];
}

const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Keys that pay for calls; ours, which open the API, are not among them. */
const PROVIDER_KEY = /^(?!SEED_|SWITCHYARD_)[A-Z0-9]+_API_KEY$/;
const SCALERS = ["ScaledObject", "HorizontalPodAutoscaler"];

const componentOf = (workload: Workload) => podLabels(workload)["app.kubernetes.io/component"] ?? "";
const has = ({ manifests }: ManifestSet, kind: string, name: string) =>
  manifests.some((manifest) => manifest.kind === kind && manifest.metadata.name === name);

function selected({ workloads }: ManifestSet, selector: Selector = {}): Workload[] {
  return workloads.filter((workload) => matches(selector, podLabels(workload)));
}

function targetOf({ spec }: Manifest): string {
  const { kind = "Deployment", name } = (spec as ScalerSpec | undefined)?.scaleTargetRef ?? { name: "" };
  return `${kind}/${name}`;
}

const scalersOf = ({ manifests }: ManifestSet, id: string) =>
  manifests.filter((manifest) => SCALERS.includes(manifest.kind) && targetOf(manifest) === id);

function namedPorts(workloads: readonly Workload[]): Set<string | number> {
  const ports = workloads
    .flatMap(({ pod }) => pod.spec?.containers ?? [])
    .flatMap(({ ports }) => ports ?? []);
  return new Set(ports.flatMap(({ name, containerPort }) => [name ?? "", containerPort]));
}

/** ConfigMaps that a pod cannot start without. */
function configMapsOf({ containers, volumes = [] }: IPodSpec): string[] {
  const wanted = [
    ...volumes.map(({ configMap }) => configMap),
    ...containers.flatMap(({ envFrom = [] }) => envFrom.map(({ configMapRef }) => configMapRef)),
    ...containers.flatMap(({ env = [] }) => env.map(({ valueFrom }) => valueFrom?.configMapKeyRef)),
  ];
  return wanted.flatMap((reference) => (reference?.optional ? [] : (reference?.name ?? [])));
}

/** What is asked of every pod about the documents beside it. */
export const neighbourRules: Rules["workloads"] = {
  "a service account is in the set": ({ pod: { spec } }, set) =>
    [spec?.serviceAccountName ?? "default"].filter(
      (name) => name !== "default" && !has(set, "ServiceAccount", name),
    ),
  "a config map is in the set": ({ pod: { spec } }, set) =>
    (spec === undefined ? [] : configMapsOf(spec)).filter((name) => !has(set, "ConfigMap", name)),
  "keys of providers are in invokers alone": (workload) =>
    (workload.pod.spec?.containers ?? [])
      .flatMap(({ env = [] }) => env.map(({ name }) => name))
      .filter((name) => PROVIDER_KEY.test(name) && !componentOf(workload).startsWith("invoke")),
  "no number of replicas stands beside a scaler": ({ manifest }, set) =>
    unless(
      manifest.spec?.["replicas"] === undefined || scalersOf(set, idOf(manifest)).length === 0,
      "replicas",
    ),
  "one scaler at most": ({ manifest }, set) => {
    const scalers = scalersOf(set, idOf(manifest));
    return unless(scalers.length <= 1, scalers.map(idOf).join(", "));
  },
  "network policies hold for every pod, both ways": (workload, { manifests }) => {
    const policies = manifests
      .filter(({ kind }) => kind === "NetworkPolicy")
      .map(({ spec }) => spec as PolicySpec)
      .filter(({ podSelector = {} }) => matches(podSelector, podLabels(workload)));
    return ["Ingress", "Egress"].filter(
      (type) => !policies.some(({ policyTypes }) => policyTypes?.includes(type)),
    );
  },
};

/** What is asked of every document. */
export const manifestRules: Rules["manifests"] = {
  "a name is valid": ({ metadata }) => unless(NAME.test(metadata.name), metadata.name),
  "labels are valid": ({ metadata, spec }) => {
    const { template } = (spec ?? {}) as { template?: { metadata?: { labels?: Texts } } };
    return [metadata.labels, template?.metadata?.labels]
      .flatMap((labels = {}) => Object.entries(labels))
      .filter(([key, value]) => !LABEL_KEY.test(key) || !LABEL_VALUE.test(value))
      .map(([key, value]) => `${key}: ${value}`);
  },
  "a version of Kubernetes' own API is there to stay": ({ apiVersion }) =>
    unless(!/^([a-z]+|.*\.k8s\.io)\/v\d+(alpha|beta)/.test(apiVersion), apiVersion),
  "a document is there once": (manifest, { manifests }) =>
    unless(manifests.filter((other) => idOf(other) === idOf(manifest)).length === 1, idOf(manifest)),
  "a service selects pods that have its ports": ({ kind, spec }, set) => {
    if (kind !== "Service") return [];
    const { selector, ports = [] } = spec as {
      selector?: Texts;
      ports?: { port: number; targetPort?: string }[];
    };
    const known = namedPorts(selected(set, selector && { matchLabels: selector }).filter(isService));
    return ports
      .map(({ port, targetPort = port }) => targetPort)
      .filter((port) => !known.has(port))
      .map(String);
  },
  "a monitor scrapes ports that exist": ({ kind, spec = {} }, set) => {
    const { selector, endpoints, podMetricsEndpoints } = spec as Record<
      string,
      { port: string }[] & Selector
    >;
    if (kind === "PodMonitor") {
      const known = namedPorts(selected(set, selector));
      return (podMetricsEndpoints ?? []).map(({ port }) => port).filter((port) => !known.has(port));
    }
    if (kind !== "ServiceMonitor") return [];
    const services = set.manifests.filter((other) => other.kind === "Service");
    const known = services
      .filter(({ metadata }) => matches(selector ?? {}, metadata.labels ?? {}))
      .flatMap((service) => ((service.spec?.["ports"] ?? []) as { name: string }[]).map(({ name }) => name));
    return (endpoints ?? []).map(({ port }) => port).filter((port) => !known.includes(port));
  },
  "a disruption budget has one bound, and pods": ({ kind, spec = {} }, set) => {
    if (kind !== "PodDisruptionBudget") return [];
    const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy, selector } = spec as Record<
      string,
      Selector
    >;
    return [
      ...unless((minAvailable === undefined) !== (maxUnavailable === undefined), "both bounds, or none"),
      ...unless(String(unhealthyPodEvictionPolicy) === "AlwaysAllow", "unhealthyPodEvictionPolicy"),
      ...unless(selected(set, selector).length > 0, "selects no pod"),
    ];
  },
  "a network policy selects pods": ({ kind, spec }, set) =>
    kind === "NetworkPolicy"
      ? unless(selected(set, (spec as PolicySpec).podSelector).length > 0, "none")
      : [],
  "a scaler has a target": (manifest, set) => {
    const [kind = "", name = ""] = targetOf(manifest).split("/");
    return SCALERS.includes(manifest.kind) ? unless(has(set, kind, name), `${kind}/${name}`) : [];
  },
  "a scaler may grow, and falls back to pods": ({ kind, spec }) => {
    if (!SCALERS.includes(kind)) return [];
    const { minReplicas, maxReplicas, minReplicaCount, maxReplicaCount, fallback } = spec as ScalerSpec;
    const [min = 1, max = 0] = [minReplicas ?? minReplicaCount, maxReplicas ?? maxReplicaCount];
    return [
      ...unless(min <= max, `${min} to ${max}`),
      ...unless(kind !== "ScaledObject" || (fallback?.replicas ?? 0) >= 1, "no fallback"),
    ];
  },
};
