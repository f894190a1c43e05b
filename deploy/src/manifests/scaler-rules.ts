import { idOf, type Manifest } from "./manifest.ts";
import { environmentOf, has, type ManifestSet, type Rules, unless } from "./rule.ts";

interface Behavior {
  scaleDown?: { stabilizationWindowSeconds?: number; policies?: { type: string; value: number }[] };
}
/** Of a ScaledObject and of a HorizontalPodAutoscaler, what both of them promise in words of their own. */
interface ScalerSpec {
  scaleTargetRef?: { kind?: string; name: string };
  minReplicas?: number;
  maxReplicas?: number;
  behavior?: Behavior;
  minReplicaCount?: number;
  maxReplicaCount?: number;
  cooldownPeriod?: number;
  fallback?: { replicas: number };
  advanced?: { horizontalPodAutoscalerConfig?: { behavior?: Behavior } };
  triggers?: { metricType?: string; metadata: { url?: string } }[];
}
interface ServiceSpec {
  ports?: { port: number }[];
}

const SCALERS = ["ScaledObject", "HorizontalPodAutoscaler"];
/** Load comes back within minutes, and a pod that is stopped finishes its calls first. */
const STABLE_SECONDS = 300;
const MOST_PERCENT_AWAY = 50;
/** The drain is the longest call and this. */
const DRAIN_MARGIN_SECONDS = 30;

function targetOf({ spec }: Manifest): string {
  const { kind = "Deployment", name } = (spec as ScalerSpec | undefined)?.scaleTargetRef ?? { name: "" };
  return `${kind}/${name}`;
}

const scalersOf = ({ manifests }: ManifestSet, id: string) =>
  manifests.filter((manifest) => SCALERS.includes(manifest.kind) && targetOf(manifest) === id);

function longestCallSeconds(set: ManifestSet, scaler: Manifest): number {
  const target = set.workloads.find(({ manifest }) => idOf(manifest) === targetOf(scaler));
  const drains = (target?.pod.spec?.containers ?? []).map((container) =>
    Number(environmentOf(container).get("DRAIN_TIMEOUT_MS") ?? 0),
  );
  return Math.max(0, ...drains) / 1_000 - DRAIN_MARGIN_SECONDS;
}

/** Whether an address leads to a service of the set; other addresses are not ours to judge. */
function isServed(url: string, { manifests }: ManifestSet): boolean {
  const { hostname, port } = new URL(url);
  const service = manifests.find(
    ({ kind, metadata }) => kind === "Service" && metadata.name === hostname.split(".")[0],
  );
  return ((service?.spec as ServiceSpec | undefined)?.ports ?? []).some((known) => `${known.port}` === port);
}

/** What is asked of every pod about who sets its number. */
export const scaledRules: Rules["workloads"] = {
  "no number of replicas stands beside a scaler": ({ manifest }, set) =>
    unless(
      manifest.spec?.["replicas"] === undefined || scalersOf(set, idOf(manifest)).length === 0,
      "replicas",
    ),
  "one scaler at most": ({ manifest }, set) => {
    const scalers = scalersOf(set, idOf(manifest));
    return unless(scalers.length <= 1, scalers.map(idOf).join(", "));
  },
};

const ofScalers =
  (broken: (spec: ScalerSpec, scaler: Manifest, set: ManifestSet) => readonly string[]) =>
  (manifest: Manifest, set: ManifestSet): readonly string[] =>
    SCALERS.includes(manifest.kind) ? broken((manifest.spec ?? {}) as ScalerSpec, manifest, set) : [];

const ofScaledObjects = (
  broken: (spec: ScalerSpec, scaler: Manifest, set: ManifestSet) => readonly string[],
) => ofScalers((spec, scaler, set) => (scaler.kind === "ScaledObject" ? broken(spec, scaler, set) : []));

/** What is asked of every scaler. */
export const scalerRules: Rules["manifests"] = {
  "a scaler has a target": ofScalers((_, scaler, set) => {
    const [kind = "", name = ""] = targetOf(scaler).split("/");
    return unless(has(set, kind, name), `${kind}/${name}`);
  }),
  "a scaler's least is no more than its most": ofScalers((spec) => {
    const least = spec.minReplicas ?? spec.minReplicaCount ?? 1;
    const most = spec.maxReplicas ?? spec.maxReplicaCount ?? 0;
    return unless(least <= most, `${least} to ${most}`);
  }),
  "a scaler takes pods away slowly": ofScalers(({ behavior, advanced }) => {
    const { scaleDown } = behavior ?? advanced?.horizontalPodAutoscalerConfig?.behavior ?? {};
    return [
      ...unless((scaleDown?.stabilizationWindowSeconds ?? 0) >= STABLE_SECONDS, "at once"),
      ...unless(
        scaleDown?.policies?.every(({ type, value }) => type === "Percent" && value <= MOST_PERCENT_AWAY) ===
          true,
        `more than ${MOST_PERCENT_AWAY} %`,
      ),
    ];
  }),
  "a scaler without an answer falls back to pods": ofScaledObjects(({ fallback, triggers = [] }) => [
    ...unless((fallback?.replicas ?? 0) >= 1, "no fallback"),
    // KEDA falls back for no other kind of target.
    ...unless(
      triggers.every(({ metricType }) => metricType === "AverageValue"),
      "metricType",
    ),
  ]),
  "a pool goes to zero after its longest call": ofScaledObjects((spec, scaler, set) => {
    const longestSeconds = spec.minReplicaCount === 0 ? longestCallSeconds(set, scaler) : 0;
    return unless((spec.cooldownPeriod ?? STABLE_SECONDS) >= longestSeconds, `${longestSeconds} s`);
  }),
  "a scaler asks a service of the set": ofScaledObjects(({ triggers = [] }, _, set) =>
    triggers.flatMap(({ metadata: { url } }) => unless(url === undefined || isServed(url, set), url ?? "")),
  ),
};
