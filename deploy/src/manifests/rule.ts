import type { IContainer } from "kubernetes-models/v1/Container";
import type { IPodSpec } from "kubernetes-models/v1/PodSpec";
import type { Manifest, Texts, Workload } from "./manifest.ts";

/** Everything that is installed together; what one document names, another one has to have. */
export interface ManifestSet {
  manifests: readonly Manifest[];
  workloads: readonly Workload[];
}

/** A container with the pod it runs in. */
export interface ContainerPlace {
  container: IContainer;
  spec: IPodSpec;
  workload: Workload;
}

/** Each rule, by its name, answers with what breaks it; an empty list is a pass. */
export interface Rules {
  containers: Readonly<Record<string, (place: ContainerPlace, set: ManifestSet) => readonly string[]>>;
  workloads: Readonly<Record<string, (workload: Workload, set: ManifestSet) => readonly string[]>>;
  manifests: Readonly<Record<string, (manifest: Manifest, set: ManifestSet) => readonly string[]>>;
}

/** The complaint, unless what must hold does. */
export const unless = (holds: boolean, complaint: string): readonly string[] => (holds ? [] : [complaint]);

export const isWithin = (part: Texts = {}, whole: Texts = {}): boolean =>
  Object.entries(part).every(([key, value]) => whole[key] === value);

export interface Selector {
  matchLabels?: Texts;
  matchExpressions?: readonly { key: string; operator: string; values?: readonly string[] }[];
}

/** As Kubernetes selects; what it is empty in, it does not ask for. */
export function matches({ matchLabels, matchExpressions = [] }: Selector, labels: Texts): boolean {
  return (
    isWithin(matchLabels, labels) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const isThere = key in labels;
      if (operator === "Exists" || operator === "DoesNotExist") return isThere === (operator === "Exists");
      return (isThere && values.includes(labels[key] ?? "")) === (operator === "In");
    })
  );
}

export const podLabels = ({ pod }: Workload): Texts => pod.metadata?.labels ?? {};

/** Whether it runs until it is told to stop; tests and jobs end by themselves. */
export const isService = ({ pod }: Workload): boolean => (pod.spec?.restartPolicy ?? "Always") === "Always";

export const environmentOf = ({ env = [] }: IContainer): ReadonlyMap<string, string | undefined> =>
  new Map(env.map(({ name, value }) => [name, value]));

/** Seconds that a container's stopping begins with, before it is told. */
export const preStopSeconds = ({ lifecycle }: IContainer): number => lifecycle?.preStop?.sleep?.seconds ?? 0;

/** What Kubernetes takes when a pod says nothing. */
export const graceSeconds = ({ terminationGracePeriodSeconds = 30 }: IPodSpec): number =>
  terminationGracePeriodSeconds;

const SCALES: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
};

/** A quantity such as 250m or 512Mi as a number; NaN where it is none. */
export function quantity(text: string | number | undefined): number {
  const [, digits, suffix = ""] = /^([0-9.]+)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  return Number(digits) * (suffix === "" ? 1 : (SCALES[suffix] ?? Number.NaN));
}

export const has = ({ manifests }: ManifestSet, kind: string, name: string): boolean =>
  manifests.some((manifest) => manifest.kind === kind && manifest.metadata.name === name);

/** The pods that a selector of the same namespace takes. */
export function selected({ workloads }: ManifestSet, selector: Selector = {}): Workload[] {
  return workloads.filter((workload) => matches(selector, podLabels(workload)));
}
