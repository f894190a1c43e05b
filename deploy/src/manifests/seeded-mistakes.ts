import type { RenderName } from "./render.ts";

type Path = readonly (string | number)[];

/** One thing changed in one document of a rendering, as a hand might, and the check that has to say so. */
export interface Mistake {
  mistake: string;
  in: RenderName;
  /** Kind and name. */
  document: string;
  at: Path;
  /** Put there; without it, what is there is removed. */
  to?: unknown;
  /** "types", "schema", or the name of a rule. */
  caughtBy: string;
}

const POD: Path = ["spec", "template", "spec"];
const CONTAINER: Path = [...POD, "containers", 0];
const INGEST = "Deployment/switchyard-ingest";
const INVOKER = "Deployment/switchyard-invoker-small";
const SCALER = "ScaledObject/switchyard-invoker-small";

const keda = { in: "keda-to-zero" } as const;
const ingest = { ...keda, document: INGEST } as const;
const invoker = { ...keda, document: INVOKER } as const;

/** The mistakes that are promised to be caught, in the order in which they are numbered. */
export const SEEDED_MISTAKES: readonly Mistake[] = [
  {
    ...ingest,
    mistake: "a field is misspelt",
    at: [...CONTAINER, "livenesProbe"],
    to: {},
    caughtBy: "types",
  },
  {
    ...keda,
    document: SCALER,
    mistake: "a scaler has a field of another kind",
    at: ["spec", "minReplicas"],
    to: 1,
    caughtBy: "types",
  },
  { ...ingest, mistake: "a number is a text", at: ["spec", "replicas"], to: "2", caughtBy: "schema" },
  {
    ...ingest,
    mistake: "a value of the environment is a number",
    at: [...CONTAINER, "env", 0, "value"],
    to: 30_000,
    caughtBy: "schema",
  },
  {
    ...ingest,
    mistake: "a quantity is none",
    at: [...CONTAINER, "resources", "limits", "memory"],
    to: "512 megabytes",
    caughtBy: "schema",
  },
  { ...ingest, mistake: "a container has no name", at: [...CONTAINER, "name"], caughtBy: "schema" },
  {
    ...ingest,
    mistake: "a selector asks for what no pod has",
    at: ["spec", "selector", "matchLabels", "app.kubernetes.io/component"],
    to: "ingress",
    caughtBy: "a selector is part of the pod's labels",
  },
  {
    ...invoker,
    mistake: "the id of a model is a label",
    at: ["metadata", "labels", "switchyard.dev/pool"],
    to: "anthropic.claude-3-haiku-20240307-v1:0",
    caughtBy: "labels are valid",
  },
  {
    ...invoker,
    mistake: "a name has a dot and capitals",
    at: ["metadata", "name"],
    to: "Switchyard.invoker",
    caughtBy: "a name is valid",
  },
  {
    ...ingest,
    mistake: "a mount names no volume",
    at: [...CONTAINER, "volumeMounts", 0, "name"],
    to: "catalog",
    caughtBy: "a mount names a volume",
  },
  {
    ...ingest,
    mistake: "a probe asks in two ways",
    at: [...CONTAINER, "readinessProbe", "tcpSocket"],
    to: { port: 8080 },
    caughtBy: "a probe has one handler",
  },
  {
    ...invoker,
    mistake: "a worker has no liveness probe",
    at: [...CONTAINER, "livenessProbe"],
    caughtBy: "each probe is there",
  },
  {
    ...invoker,
    mistake: "a limit is less than its request",
    at: [...CONTAINER, "resources", "limits", "memory"],
    to: "64Mi",
    caughtBy: "a limit is no less than its request",
  },
  {
    ...ingest,
    mistake: "a pod is killed while it waits to stop",
    at: [...CONTAINER, "lifecycle", "preStop", "sleep", "seconds"],
    to: 600,
    caughtBy: "waiting before the stop ends within the grace period",
  },
  {
    ...invoker,
    mistake: "the grace period cuts calls off",
    at: [...POD, "terminationGracePeriodSeconds"],
    to: 60,
    caughtBy: "the grace period covers the drain",
  },
  {
    ...keda,
    document: "PodDisruptionBudget/switchyard-ingest",
    mistake: "a disruption budget has both bounds",
    at: ["spec", "minAvailable"],
    to: 1,
    caughtBy: "a disruption budget has one bound, and pods",
  },
  {
    ...ingest,
    mistake: "a port's name is too long",
    at: [...CONTAINER, "ports", 0, "name"],
    to: "http-for-the-public",
    caughtBy: "ports have valid names and numbers of their own",
  },
  {
    ...invoker,
    mistake: "a pod runs as root",
    at: [...POD, "securityContext", "runAsNonRoot"],
    to: false,
    caughtBy: "a pod is restricted",
  },
  {
    ...invoker,
    mistake: "a container keeps its capabilities",
    at: [...CONTAINER, "securityContext", "capabilities"],
    caughtBy: "a container is restricted",
  },
  {
    ...invoker,
    mistake: "the root of a container can be written",
    at: [...CONTAINER, "securityContext", "readOnlyRootFilesystem"],
    to: false,
    caughtBy: "the root of a container is read-only",
  },
  {
    ...invoker,
    mistake: "a number of replicas stands beside a scaler",
    at: ["spec", "replicas"],
    to: 2,
    caughtBy: "no number of replicas stands beside a scaler",
  },
  {
    ...keda,
    document: "ScaledObject/switchyard-cost",
    mistake: "two scalers pull at one deployment",
    at: ["spec", "scaleTargetRef", "name"],
    to: "switchyard-classifier",
    caughtBy: "one scaler at most",
  },
];
