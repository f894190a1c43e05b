import { renderTable } from "../table.ts";
import type { Compared, Comparison, Metric } from "./compare-systems.ts";
import type { Estimate } from "./estimate.ts";

/** `0.612 [0.590, 0.634]`: a figure with its 95 % interval. */
export function figure({ value, low, high }: Estimate | undefined = NOTHING): string {
  if (value === null) return "–";
  return low === null || high === null
    ? `${short(value)} [?]`
    : `${short(value)} [${short(low)}, ${short(high)}]`;
}

const NOTHING: Estimate = { value: null, low: null, high: null };

/** `+0.012 [-0.003, +0.026]`. */
function signed({ value, low, high }: Estimate): string {
  const part = (number: number | null) =>
    number === null ? "?" : `${number < 0 ? "" : "+"}${short(number)}`;
  return `${part(value)} [${part(low)}, ${part(high)}]`;
}

/** Three decimals, and three significant digits below a hundredth. */
export function short(value: number): string {
  const isTiny = value !== 0 && Math.abs(value) < 0.0095;
  // A sum that should be 0 may miss it by rounding.
  if (isTiny && Math.abs(value) > 1e-9)
    return Math.abs(value) < 0.0005 ? value.toExponential(1) : value.toFixed(4);
  return (Math.abs(value) < 1e-9 ? 0 : value).toFixed(3);
}

/** One line for each system, one column for each metric. */
export function systemsTable(title: string, compared: Compared, metrics: readonly Metric[]): string[] {
  return renderTable([
    [title, ...metrics.map(({ name }) => name)],
    ...Object.entries(compared.figures).map(([name, figures]) => [
      name,
      ...metrics.map((metric) => figure(figures[metric.name])),
    ]),
  ]);
}

/** Router less control on the same resamples, behind the verdict in words. */
export function comparisonsTable(compared: Compared, metrics: readonly string[]): string[] {
  return metrics.flatMap((metric) => {
    const lines = ofMetric(compared, metric).map(({ says, difference }) => [`  ${says}`, signed(difference)]);
    return lines.length === 0 ? [] : [...renderTable([[`by ${metric}, the router is`, "by"], ...lines]), ""];
  });
}

/** Every control that the router does not beat, by metric: what nobody should have to look for. */
export function unbeaten(compared: Compared): string[] {
  const metrics = [...new Set(compared.comparisons.map(({ metric }) => metric))];
  return metrics.flatMap((metric) => {
    const byVerdict = Map.groupBy(ofMetric(compared, metric), ({ verdict }) => verdict);
    byVerdict.delete("better than");
    const said = [...byVerdict].map(
      ([verdict, lines]) => `${verdict} ${lines.map(({ control }) => control).join(", ")}`,
    );
    return said.length === 0 ? [] : [`! ${metric}: ${said.join("; ")}`];
  });
}

function ofMetric({ comparisons }: Compared, metric: string): Comparison[] {
  return comparisons.filter((comparison) => comparison.metric === metric);
}
