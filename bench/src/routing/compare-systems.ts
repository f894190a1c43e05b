import { uniforms } from "../random.ts";
import { type Estimate, estimate, judgeDifference, type Verdict } from "./estimate.ts";

export interface Metric {
  readonly name: string;
  /** Which side is good; null for a figure that only describes. */
  readonly better: "higher" | "lower" | null;
  /** Picks the best of many figures, and so finds something even in noise. */
  readonly isPicked?: true;
}

/** What a system is measured on. */
export interface Sample {
  /** How often each row is in the sample: all ones for the rows as they are. */
  readonly counts: Uint16Array;
  /** Which of its draws a system that draws lots is to use. */
  readonly draw: number;
}

/** Anything that decides for every row: the router, or a control. */
export interface System {
  readonly name: string;
  /**
   * It is an expectation, without any luck of its own. By a picked figure nothing is compared with it: of routers that
   * decide at random, every fifth was better by one.
   */
  readonly isExpectation?: true;
  /** 1, or the number of draws of a system that draws lots. */
  readonly draws: number;
  /** One figure for each metric, in their order; NaN where there is none. */
  measure(sample: Sample): readonly number[];
}

export interface Comparison {
  readonly control: string;
  readonly metric: string;
  /** The subject's figure less the control's, on the same rows. */
  readonly difference: Estimate;
  readonly verdict: Verdict;
  /** The verdict as a phrase: `not better than length`. */
  readonly says: string;
}

export interface Compared {
  readonly figures: Record<string, Record<string, Estimate>>;
  readonly comparisons: Comparison[];
}

export interface Study {
  readonly rowCount: number;
  readonly metrics: readonly Metric[];
  /** The subject first, then its controls. */
  readonly systems: readonly System[];
  readonly seed: number;
  readonly resamples: number;
}

/**
 * Measures all systems on the same rows and on the same bootstrap resamples of them. A system that draws lots has the mean
 * over its draws as its figure and their 2.5 to 97.5 % range as its interval; in each resample it uses another draw, so that
 * the difference from it carries the luck of the draw, too.
 */
export function compareSystems(study: Study): Compared {
  const { rowCount, metrics, systems } = study;
  const asIs = systems.map((system) => measureAsIs(system, rowCount));
  const resampled = resampledFigures(study);
  const points = asIs.map((draws) => metrics.map((_, metric) => mean(column(draws, metric))));
  const figures = systems.map(({ name, draws }, index) => {
    const spread = (draws > 1 ? asIs[index] : resampled[index]) ?? [];
    const named = metrics.map(({ name: metricName }, metric) => [
      metricName,
      estimate(points[index]?.[metric] ?? Number.NaN, column(spread, metric)),
    ]);
    return [name, Object.fromEntries(named)];
  });
  const comparisons = systems.slice(1).flatMap(({ name, isExpectation }, index) =>
    metrics.flatMap((metric, at) => {
      const difference = differenceOf(
        { value: points[0]?.[at], samples: column(resampled[0] ?? [], at) },
        { value: points[index + 1]?.[at], samples: column(resampled[index + 1] ?? [], at) },
      );
      const isUnfair = isExpectation === true && metric.isPicked === true;
      if (metric.better === null || difference.value === null || isUnfair) return [];
      const verdict = judgeDifference(difference, metric.better, rowCount);
      return [{ control: name, metric: metric.name, difference, verdict, says: `${verdict} ${name}` }];
    }),
  );
  return { figures: Object.fromEntries(figures), comparisons };
}

type Figures = readonly (readonly number[])[];

function measureAsIs(system: System, rowCount: number): Figures {
  const counts = new Uint16Array(rowCount).fill(1);
  return Array.from({ length: system.draws }, (_, draw) => system.measure({ counts, draw }));
}

/** By system, then by resample. */
function resampledFigures({ rowCount, systems, seed, resamples }: Study): Figures[] {
  const next = uniforms(seed);
  const counts = new Uint16Array(rowCount);
  const figures = systems.map((): (readonly number[])[] => []);
  for (let resample = 0; resample < resamples; resample += 1) {
    counts.fill(0);
    for (let drawn = 0; drawn < rowCount; drawn += 1) {
      const row = Math.floor(next() * rowCount);
      counts[row] = (counts[row] ?? 0) + 1;
    }
    systems.forEach((system, index) => {
      figures[index]?.push(system.measure({ counts, draw: resample % system.draws }));
    });
  }
  return figures;
}

interface Sampled {
  readonly value: number | undefined;
  readonly samples: readonly number[];
}

function differenceOf(subject: Sampled, control: Sampled): Estimate {
  const samples = subject.samples.map((value, index) => value - (control.samples[index] ?? Number.NaN));
  return estimate((subject.value ?? Number.NaN) - (control.value ?? Number.NaN), samples);
}

const column = (figures: Figures, metric: number) => figures.map((row) => row[metric] ?? Number.NaN);

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
