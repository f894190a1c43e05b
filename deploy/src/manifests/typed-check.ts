import { literalComplaints } from "../typing/literal-complaints.ts";
import type { Manifest } from "./manifest.ts";

/** Who publishes the types of a group's kinds; groups of Kubernetes itself are not listed. */
const FOREIGN_GROUPS: Readonly<Record<string, string>> = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "external-secrets.io": "@kubernetes-models/external-secrets",
};
interface Model {
  validate: () => void;
}
type ModelModule = Readonly<Record<string, (new (data: unknown) => Model) | undefined>>;

function moduleOf(apiVersion: string): string {
  const [group = ""] = apiVersion.split("/");
  return `${FOREIGN_GROUPS[group] ?? "kubernetes-models"}/${apiVersion}`;
}

/**
 * What a compiler says when each document is a literal of its kind's type: the only check here that knows every field
 * there is. One list of complaints per document, in their order.
 */
export function typeComplaints(manifests: readonly Manifest[]): string[][] {
  const literals = manifests.map((value) => {
    const { apiVersion, kind } = value;
    return { value, type: `import("${moduleOf(apiVersion)}/${kind}").I${kind}` };
  });
  return literalComplaints(new URL("typed-documents.ts", import.meta.url), literals);
}

/** What the published schema of a document's kind says: required fields, types, and formats such as quantities. */
export async function schemaComplaints(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind } = manifest;
  const models = (await import(moduleOf(apiVersion)).catch(() => ({}))) as ModelModule;
  const Kind = models[kind];
  if (Kind === undefined) return [`there is no ${kind} in ${apiVersion}`];
  try {
    new Kind(manifest).validate();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
