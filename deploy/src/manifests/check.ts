import { type Finding, lint } from "./lint.ts";
import { idOf, type Manifest } from "./manifest.ts";
import { schemaComplaints, typeComplaints } from "./typed-check.ts";

/** Everything there is to say about documents that are installed together, without a cluster. */
export async function checkManifests(manifests: readonly Manifest[]): Promise<Finding[]> {
  return [...typeFindings(manifests), ...(await schemaFindings(manifests)), ...lint(manifests)];
}

/** What the compiler finds. One run for as many documents as there are: it takes a second, however few they be. */
function typeFindings(manifests: readonly Manifest[]): Finding[] {
  return typeComplaints(manifests).flatMap((complaints, index) => {
    const where = idOf(manifests[index] as Manifest);
    return complaints.map((what) => ({ rule: "types", where, what }));
  });
}

export async function schemaFindings(manifests: readonly Manifest[]): Promise<Finding[]> {
  const found = await Promise.all(
    manifests.map(async (manifest) =>
      (await schemaComplaints(manifest)).map((what) => ({ rule: "schema", where: idOf(manifest), what })),
    ),
  );
  return found.flat();
}
