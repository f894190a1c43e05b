import type { IPodTemplateSpec } from "kubernetes-models/v1/PodTemplateSpec";
import { parseAllDocuments } from "yaml";

export type Texts = Readonly<Record<string, string>>;

/** One document as a file or a template has it: nothing but its head is sure before it was checked. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; labels?: Texts; annotations?: Texts };
  spec?: Record<string, unknown>;
  data?: Texts;
}

/** What runs containers, reduced to the pod it starts. */
export interface Workload {
  manifest: Manifest;
  pod: IPodTemplateSpec;
}

/** The documents of a stream of YAML; throws at the first that is not one. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const value = document.toJS() as Manifest | null;
    return value === null ? [] : [value];
  });
}

export const idOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    if (manifest.kind === "Pod") return [{ manifest, pod: manifest as unknown as IPodTemplateSpec }];
    const template = manifest.spec?.["template"] as IPodTemplateSpec | undefined;
    return template?.spec?.containers === undefined ? [] : [{ manifest, pod: template }];
  });
}
