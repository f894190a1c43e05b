import { createMetrics } from "@switchyard/shared/telemetry";

/** A series that queries may name. */
export interface KnownSeries {
  /** A counter says something only in how it grows. The series of a histogram are counters. */
  isCounter: boolean;
  labels: ReadonlySet<string>;
}

/** Every series that our processes have, Node's own included, by the name that Prometheus knows it by. */
export async function knownSeries(): Promise<ReadonlyMap<string, KnownSeries>> {
  const { registry } = createMetrics("any");
  const known = new Map<string, KnownSeries>();
  for (const { name, type } of await registry.getMetricsAsJSON()) {
    const { labelNames } = registry.getSingleMetric(name) as unknown as { labelNames: readonly string[] };
    const labels = ["service", ...labelNames];
    const isHistogram = String(type) === "histogram";
    if (isHistogram) known.set(`${name}_bucket`, { isCounter: true, labels: new Set([...labels, "le"]) });
    for (const series of isHistogram ? [`${name}_sum`, `${name}_count`] : [name])
      known.set(series, { isCounter: isHistogram || String(type) === "counter", labels: new Set(labels) });
  }
  return known;
}
