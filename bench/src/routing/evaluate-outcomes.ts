import { JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
import { permutation, uniforms } from "../random.ts";
import { type Compared, compareSystems, type Metric, type Sample, type System } from "./compare-systems.ts";
import type { EvaluationOptions } from "./evaluate-labelled.ts";
import type { OutcomeRow } from "./outcome-row.ts";
import {
  apgrOf,
  cptOf,
  curveAt,
  curveOf,
  gapOf,
  type Outcomes,
  type QualityCurve,
  type Ranking,
  rankBy,
  savedOf,
} from "./quality-curve.ts";
import type { Opinions } from "./subject.ts";

/** Which model gets the class between the two. */
export type CalculationRoute = "cheap" | "strong";

export interface OutcomesInput {
  readonly rows: readonly OutcomeRow[];
  readonly opinions: Opinions;
  readonly calculation: CalculationRoute;
}

export interface OutcomesEvaluation {
  readonly rows: number;
  readonly cheapQuality: number;
  readonly strongQuality: number;
  /** Null where the strong model is no better: there is no gap to recover, and PGR is undefined. */
  readonly gap: number | null;
  /** Costs are the file's own, or count strong calls where it tells none. */
  readonly costs: "as told by the file" | "calls to the strong model";
  readonly routes: Record<JobClass, CalculationRoute>;
  readonly scores: Compared;
}

/** What a ranking makes possible, at whatever share of strong calls. */
export const RANKING_METRICS: readonly Metric[] = [
  { name: "APGR", better: "higher" },
  { name: "CPT(50 %)", better: "lower" },
  { name: "CPT(80 %)", better: "lower" },
  { name: "saved at equal quality", better: "higher", isPicked: true },
  { name: "saved at 95 % of it", better: "higher", isPicked: true },
];

/** What the shipped routing does: SIMPLE to the cheap model, COMPLEX to the strong one. */
export const OPERATING_METRICS: readonly Metric[] = [
  { name: "strong calls", better: null },
  { name: "quality", better: "higher" },
  { name: "PGR", better: null },
  { name: "cost", better: null },
  { name: "saved", better: null },
];

/** Everything that two models' outcomes can tell of a router, with 95 % intervals, beside the controls. */
export function evaluateOutcomes(input: OutcomesInput, options: EvaluationOptions): OutcomesEvaluation {
  const { rows, opinions, calculation } = input;
  const { seed, resamples, draws: drawCount } = options;
  const outcomes = columnsOf(rows);
  const routes: OutcomesEvaluation["routes"] = {
    SIMPLE: "cheap",
    CALCULATION: calculation,
    COMPLEX: "strong",
  };
  const isStrong = opinions.classes.map((index) =>
    routes[JOB_CLASSES[index] ?? "SIMPLE"] === "strong" ? 1 : 0,
  );
  const lengths = Float64Array.from(rows, ({ lengthUnits }) => lengthUnits);
  const controls = { outcomes, lengths, drawCount, next: uniforms(seed) };
  const systems = systemsOf({ needs: opinions.needs, isStrong }, controls);
  const whole = curveOf(outcomes, rankBy(lengths), new Uint16Array(rows.length).fill(1));
  const gap = gapOf(whole);
  return {
    rows: rows.length,
    cheapQuality: whole.qualities[0] ?? Number.NaN,
    strongQuality: whole.qualities.at(-1) ?? Number.NaN,
    gap: Number.isNaN(gap) ? null : gap,
    costs: hasCosts(rows) ? "as told by the file" : "calls to the strong model",
    routes,
    scores: compareSystems({
      rowCount: rows.length,
      metrics: [...RANKING_METRICS, ...OPERATING_METRICS],
      systems,
      seed,
      resamples,
    }),
  };
}

const hasCosts = (rows: readonly OutcomeRow[]) => rows.every(({ cheap }) => cheap.cost !== null);

function columnsOf(rows: readonly OutcomeRow[]): Outcomes {
  const isTold = hasCosts(rows);
  return {
    cheapScores: Float64Array.from(rows, ({ cheap }) => cheap.score),
    strongScores: Float64Array.from(rows, ({ strong }) => strong.score),
    cheapCosts: Float64Array.from(rows, ({ cheap }) => (isTold ? (cheap.cost ?? 0) : 0)),
    strongCosts: Float64Array.from(rows, ({ strong }) => (isTold ? (strong.cost ?? 0) : 1)),
  };
}

interface Routed {
  readonly needs: Float64Array;
  /** 1 where the shipped routing calls the strong model. */
  readonly isStrong: Uint8Array;
}

interface Controls {
  readonly outcomes: Outcomes;
  readonly lengths: Float64Array;
  readonly drawCount: number;
  readonly next: () => number;
}

function systemsOf({ needs, isStrong }: Routed, controls: Controls): System[] {
  const { outcomes, lengths, drawCount, next } = controls;
  const ranking = rankBy(needs);
  const byLength = rankBy(lengths);
  // All equal: every share of calls is the expectation over all choices of so many questions.
  const anyOrder = rankBy(new Float64Array(needs.length));
  const shuffles = Array.from({ length: drawCount }, () => shuffled({ ranking, isStrong }, next));
  const shareOf = ({ counts }: Sample) => routedPoint({ isStrong, outcomes, counts }).share;
  const atShare = (name: string, by: Ranking): System =>
    one(name, (sample) => {
      const curve = curveOf(outcomes, by, sample.counts);
      const share = shareOf(sample);
      return [...rankingFigures(curve), ...pointFigures({ share, ...curveAt(curve, share) }, curve)];
    });
  const always = (name: string, share: 0 | 1): System =>
    one(name, ({ counts }) => {
      const curve = curveOf(outcomes, anyOrder, counts);
      return [...NO_RANKING, ...pointFigures({ share, ...curveAt(curve, share) }, curve)];
    });
  const routed = (by: Ranking, decided: Uint8Array, { counts }: Sample) => {
    const curve = curveOf(outcomes, by, counts);
    const point = routedPoint({ isStrong: decided, outcomes, counts });
    return [...rankingFigures(curve), ...pointFigures(point, curve)];
  };
  return [
    one("router", (sample) => routed(ranking, isStrong, sample)),
    always("always cheap", 0),
    always("always strong", 1),
    { ...atShare("random", anyOrder), isExpectation: true },
    atShare("length", byLength),
    {
      name: "shuffled",
      draws: drawCount,
      measure(sample) {
        const drawn = shuffles[sample.draw] ?? { ranking, isStrong };
        return routed(drawn.ranking, drawn.isStrong, sample);
      },
    },
  ];
}

const one = (name: string, measure: System["measure"]): System => ({ name, draws: 1, measure });
const NO_RANKING = RANKING_METRICS.map(() => Number.NaN);

function rankingFigures(curve: QualityCurve): number[] {
  return [apgrOf(curve), cptOf(curve, 0.5), cptOf(curve, 0.8), savedOf(curve, 1), savedOf(curve, 0.95)];
}

interface OperatingPoint {
  readonly share: number;
  readonly quality: number;
  readonly cost: number;
}

function pointFigures({ share, quality, cost }: OperatingPoint, curve: QualityCurve): number[] {
  const recovered = (quality - (curve.qualities[0] ?? Number.NaN)) / gapOf(curve);
  const strongCost = curve.costs.at(-1) ?? 0;
  return [share, quality, recovered, cost, strongCost > 0 ? 1 - cost / strongCost : Number.NaN];
}

/** The same scores and decisions, each on a question drawn at random: what they are worth without the prompts. */
function shuffled({ ranking, isStrong }: { ranking: Ranking; isStrong: Uint8Array }, next: () => number) {
  const order = permutation(isStrong.length, next);
  const moved = new Uint8Array(isStrong.length);
  for (const [place, question] of order.entries()) {
    moved[question] = isStrong[ranking.order[place] as number] as number;
  }
  return { ranking: { order, ends: ranking.ends }, isStrong: moved };
}

function routedPoint(routed: {
  isStrong: Uint8Array;
  outcomes: Outcomes;
  counts: Uint16Array;
}): OperatingPoint {
  const { isStrong, outcomes, counts } = routed;
  let [total, strong, quality, cost] = [0, 0, 0, 0];
  for (const [question, count] of counts.entries()) {
    const scores = isStrong[question] === 1 ? outcomes.strongScores : outcomes.cheapScores;
    const costs = isStrong[question] === 1 ? outcomes.strongCosts : outcomes.cheapCosts;
    total += count;
    strong += count * (isStrong[question] as number);
    quality += count * (scores[question] as number);
    cost += count * (costs[question] as number);
  }
  return { share: strong / total, quality: quality / total, cost: cost / total };
}
