import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import { idOf, type Texts, type Workload } from "./manifest.ts";
import { has, isService, matches, podLabels, type Rules, type Selector, selected, unless } from "./rule.ts";

interface PolicySpec {
  podSelector?: Selector;
  policyTypes?: string[];
  ingress?: { ports?: { port: string | number }[] }[];
}
interface ExternalSecretSpec {
  target?: { name?: string };
  data?: { secretKey: string }[];
}

const LABEL_VALUE = /^([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?$/;
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
/** Keys that pay for calls; ours, which open the API, are not among them. */
const PROVIDER_KEY = /^(?!SEED_|SWITCHYARD_)[A-Z0-9]+_API_KEY$/;
const componentOf = (workload: Workload) => podLabels(workload)["app.kubernetes.io/component"] ?? "";
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
  "what an external secret brings has every key that is taken": ({ pod: { spec } }, { manifests }) => {
    const taken = (spec?.containers ?? []).flatMap(({ env = [] }) =>
      env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef ?? []),
    );
    return taken.flatMap(({ name, key }) => {
      const brought = manifests
        .filter(({ kind }) => kind === "ExternalSecret")
        .map((manifest) => ({ name: manifest.metadata.name, spec: manifest.spec as ExternalSecretSpec }))
        .find((secret) => (secret.spec.target?.name ?? secret.name) === name);
      const keys = brought?.spec.data?.map(({ secretKey }) => secretKey);
      return unless(keys?.includes(key) ?? true, `${name}/${key}`);
    });
  },
  "keys of providers are in invokers alone": (workload) =>
    (workload.pod.spec?.containers ?? [])
      .flatMap(({ env = [] }) => env.map(({ name }) => name))
      .filter((name) => PROVIDER_KEY.test(name) && !componentOf(workload).startsWith("invoke")),
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
  "a network policy opens ports of the pods that it selects": ({ kind, spec }, set) => {
    if (kind !== "NetworkPolicy") return [];
    const { podSelector, ingress = [] } = spec as PolicySpec;
    const pods = selected(set, podSelector);
    const known = namedPorts(pods);
    const opened = ingress.flatMap(({ ports = [] }) => ports.map(({ port }) => port));
    return [
      ...unless(pods.length > 0, "selects no pod"),
      ...opened.filter((port) => !known.has(port)).map((port) => `${port}`),
    ];
  },
};
