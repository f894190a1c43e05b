import type { Mistake } from "./seeded-mistakes.ts";

const POD = ["spec", "template", "spec"] as const;
const CONTAINER = [...POD, "containers", 0] as const;

const keda = { in: "keda-to-zero" } as const;
const ingest = { ...keda, document: "Deployment/switchyard-ingest" } as const;
const invoker = { ...keda, document: "Deployment/switchyard-invoker-small" } as const;

/** Beyond those that are numbered: with them, each rule has a mistake that only it is asked to catch. */
export const MORE_MISTAKES: readonly Mistake[] = [
  {
    ...keda,
    document: "PodDisruptionBudget/switchyard-ingest",
    mistake: "an API version was removed",
    at: ["apiVersion"],
    to: "policy/v1beta1",
    caughtBy: "a version of Kubernetes' own API is there to stay",
  },
  {
    ...ingest,
    mistake: "a field is there without a value",
    at: [...POD, "nodeSelector"],
    to: null,
    caughtBy: "types",
  },
  {
    ...ingest,
    mistake: "a probe asks a port that the container has not",
    at: [...CONTAINER, "livenessProbe", "httpGet", "port"],
    to: "metrics",
    caughtBy: "a probe's port is one of its container",
  },
  {
    ...invoker,
    mistake: "a slow start is taken for a hang",
    at: [...CONTAINER, "startupProbe", "failureThreshold"],
    to: 3,
    caughtBy: "a start may take a minute",
  },
  {
    ...invoker,
    mistake: "a pod is restarted because Redis is away",
    at: [...CONTAINER, "livenessProbe", "httpGet", "path"],
    to: "/healthz/ready",
    caughtBy: "liveness asks for less than readiness",
  },
  {
    ...invoker,
    mistake: "memory is not limited",
    at: [...CONTAINER, "resources", "limits"],
    caughtBy: "cpu and memory are requested, memory is limited",
  },
  {
    ...ingest,
    mistake: "a variable is set twice",
    at: [...CONTAINER, "env", 0, "name"],
    to: "REDIS_URL",
    caughtBy: "a variable is set once",
  },
  {
    ...invoker,
    mistake: "an image floats",
    at: [...CONTAINER, "image"],
    to: "switchyard/invoker:latest",
    caughtBy: "an image has a version",
  },
  {
    ...invoker,
    mistake: "two volumes are mounted at one path",
    at: [...CONTAINER, "volumeMounts"],
    to: [
      { name: "catalogue", mountPath: "/etc/switchyard" },
      { name: "catalogue", mountPath: "/etc/switchyard" },
    ],
    caughtBy: "a mount has a path of its own",
  },
  {
    ...invoker,
    mistake: "a pod may talk to the API server",
    at: [...POD, "automountServiceAccountToken"],
    caughtBy: "no token is mounted",
  },
  {
    ...ingest,
    mistake: "pods keep away from those of another service",
    at: [
      ...POD,
      "topologySpreadConstraints",
      0,
      "labelSelector",
      "matchLabels",
      "app.kubernetes.io/component",
    ],
    to: "cost",
    caughtBy: "pods spread apart from their own kind",
  },
  {
    ...invoker,
    mistake: "a service account is misspelt",
    at: [...POD, "serviceAccountName"],
    to: "switchyard-invokers",
    caughtBy: "a service account is in the set",
  },
  {
    ...invoker,
    mistake: "a config map is missing",
    at: [...POD, "volumes", 0],
    to: { name: "catalogue", configMap: { name: "catalog" } },
    caughtBy: "a config map is in the set",
  },
  {
    ...ingest,
    mistake: "the API holds a provider's key",
    at: [...CONTAINER, "env", 0],
    to: {
      name: "OPENAI_API_KEY",
      valueFrom: { secretKeyRef: { name: "switchyard-openai", key: "api-key" } },
    },
    caughtBy: "keys of providers are in invokers alone",
  },
  {
    ...invoker,
    mistake: "no network policy holds for a pod",
    at: ["spec", "template", "metadata", "labels"],
    to: { "app.kubernetes.io/name": "invoker" },
    caughtBy: "network policies hold for every pod, both ways",
  },
  {
    ...keda,
    document: "ServiceAccount/switchyard-cost",
    mistake: "two documents have one name",
    at: ["metadata", "name"],
    to: "switchyard-ingest",
    caughtBy: "a document is there once",
  },
  {
    ...keda,
    document: "Service/switchyard-ingest",
    mistake: "a service sends to a port that no pod has",
    at: ["spec", "ports", 0, "targetPort"],
    to: "web",
    caughtBy: "a service selects pods that have its ports",
  },
  {
    in: "hpa-only",
    document: "ServiceMonitor/switchyard",
    mistake: "a monitor scrapes a port that is not there",
    at: ["spec", "endpoints", 0, "port"],
    to: "metrics",
    caughtBy: "a monitor scrapes ports that exist",
  },
  {
    in: "eks-production",
    document: "PodMonitor/switchyard",
    mistake: "a monitor of pods scrapes a port that is not there",
    at: ["spec", "podMetricsEndpoints", 0, "port"],
    to: "metrics",
    caughtBy: "a monitor scrapes ports that exist",
  },
  {
    ...keda,
    document: "NetworkPolicy/switchyard-ingress-api",
    mistake: "a network policy is for pods that are not there",
    at: ["spec", "podSelector"],
    to: { matchLabels: { "app.kubernetes.io/component": "ingress" } },
    caughtBy: "a network policy selects pods",
  },
  {
    ...keda,
    document: "ScaledObject/switchyard-invoker-small",
    mistake: "a scaler points at nothing",
    at: ["spec", "scaleTargetRef", "name"],
    to: "switchyard-invoke-small",
    caughtBy: "a scaler has a target",
  },
  {
    ...keda,
    document: "ScaledObject/switchyard-invoker-small",
    mistake: "without an answer a scaler goes to zero",
    at: ["spec", "fallback"],
    caughtBy: "a scaler may grow, and falls back to pods",
  },
  {
    in: "hpa-only",
    document: "HorizontalPodAutoscaler/switchyard-invoker-all",
    mistake: "a scaler's least is above its most",
    at: ["spec", "minReplicas"],
    to: 100,
    caughtBy: "a scaler may grow, and falls back to pods",
  },
];
