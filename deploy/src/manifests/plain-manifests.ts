import { stringify } from "yaml";
import type { Manifest, Texts } from "./manifest.ts";

/** Where plain manifests come from: the least that answers jobs. */
export const PLAIN_FROM = "minimal";
const NAMESPACE = "switchyard";
/** What only means something to Helm. */
const HELM_LABELS = ["helm.sh/chart", "app.kubernetes.io/managed-by"];
const HEADER = `# Generated from helm/switchyard and helm/examples/${PLAIN_FROM}.yaml by \`npm run manifests\`: change those.\n`;
const PREREQUISITES = `#   kubectl apply --kustomize k8s/base
# For a Redis that evicts nothing and a DynamoDB table that exist; for a trial without either, see ../trial/.
# Wanted beforehand: the images, built with the Dockerfile and pushed to where the cluster finds them (an overlay names
# them under \`images\`), and the Secrets that the deployments name. Access to the table comes from the service accounts.
`;

/** A kustomize base by file name: one file per component, without what belongs to Helm. */
export function plainManifests(manifests: readonly Manifest[]): Map<string, string> {
  const files = new Map<string, string>([["namespace.yaml", HEADER + print([namespace()])]]);
  const kept = manifests.filter((manifest) => !isForHelmTest(manifest));
  const byComponent = Map.groupBy(kept, componentOf);
  for (const [component, documents] of byComponent) {
    files.set(`${component}.yaml`, HEADER + print(documents.map(withoutHelm)));
  }
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    namespace: NAMESPACE,
    resources: [...files.keys()],
  };
  return files.set("kustomization.yaml", HEADER + PREREQUISITES + stringify(kustomization));
}

function namespace() {
  const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
  return { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE, labels } };
}

/** The pod that `helm test` starts, with its hooks, and what lets it through. */
const isForHelmTest = ({ metadata: { name, annotations } }: Manifest) =>
  annotations?.["helm.sh/hook"] !== undefined || name.endsWith("-test");

/** What has no component of its own is there for all of them. */
const componentOf = ({ metadata }: Manifest) => metadata.labels?.["app.kubernetes.io/component"] ?? "shared";

const without = (labels: Texts): Texts =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => !HELM_LABELS.includes(key)));

function withoutHelm(manifest: Manifest): Manifest {
  const copy = structuredClone(manifest) as Manifest & { metadata: { namespace?: string } };
  const { template } = (copy.spec ?? {}) as { template?: { metadata?: { labels?: Texts } } };
  for (const metadata of [copy.metadata, template?.metadata]) {
    if (metadata?.labels !== undefined) metadata.labels = without(metadata.labels);
  }
  delete copy.metadata.namespace;
  return copy;
}

function print(documents: readonly unknown[]): string {
  // No anchors: their reader is a person who looks for one setting.
  const options = { aliasDuplicateObjects: false, lineWidth: 0 };
  return documents.map((document) => stringify(document, options)).join("---\n");
}
