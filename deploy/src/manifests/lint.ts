import { idOf, type Manifest, workloadsOf } from "./manifest.ts";
import { containerRules, workloadRules } from "./pod-rules.ts";
import type { ManifestSet, Rules } from "./rule.ts";
import { scaledRules, scalerRules } from "./scaler-rules.ts";
import { manifestRules, neighbourRules } from "./set-rules.ts";

export interface Finding {
  rule: string;
  /** Kind, name and, where it is about one, the container. */
  where: string;
  what: string;
}

const RULES: Rules = {
  containers: containerRules,
  workloads: { ...workloadRules, ...neighbourRules, ...scaledRules },
  manifests: { ...manifestRules, ...scalerRules },
};

export const RULE_NAMES = Object.values(RULES).flatMap((rules) => Object.keys(rules));

/** What a schema cannot say, of documents that are installed together: they must fit each other and what we promise. */
export function lint(manifests: readonly Manifest[]): Finding[] {
  const set: ManifestSet = { manifests, workloads: workloadsOf(manifests) };
  const places = set.workloads.flatMap((workload) => {
    const { spec } = workload.pod;
    const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
    return spec === undefined ? [] : containers.map((container) => ({ container, spec, workload }));
  });
  return [
    ...apply(RULES.containers, places, (place) => `${idOf(place.workload.manifest)} ${place.container.name}`),
    ...apply(RULES.workloads, set.workloads, ({ manifest }) => idOf(manifest)),
    ...apply(RULES.manifests, manifests, idOf),
  ];

  function apply<T>(
    rules: Readonly<Record<string, (item: T, set: ManifestSet) => readonly string[]>>,
    items: readonly T[],
    name: (item: T) => string,
  ): Finding[] {
    return Object.entries(rules).flatMap(([rule, broken]) =>
      items.flatMap((item) => broken(item, set).map((what) => ({ rule, where: name(item), what }))),
    );
  }
}
