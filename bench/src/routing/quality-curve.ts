/** Questions that both models answered; scores 0 to 1, costs per question in one unit of the file's choice. */
export interface Outcomes {
  readonly cheapScores: Float64Array;
  readonly strongScores: Float64Array;
  readonly cheapCosts: Float64Array;
  readonly strongCosts: Float64Array;
}

/** Questions in the order in which they go to the strong model as its share of calls grows. */
export interface Ranking {
  readonly order: Uint32Array;
  /** Where each group of equally ranked questions ends in `order`, exclusive. */
  readonly ends: Uint32Array;
}

/** Highest score first. */
export function rankBy(scores: Float64Array): Ranking {
  const order = Uint32Array.from(scores, (_, index) => index).sort(
    (a, b) => (scores[b] as number) - (scores[a] as number) || a - b,
  );
  const ends: number[] = [];
  for (let place = 1; place <= order.length; place += 1) {
    const isEnd =
      place === order.length || scores[order[place] as number] !== scores[order[place - 1] as number];
    if (isEnd) ends.push(place);
  }
  return { order, ends: Uint32Array.from(ends) };
}

/**
 * What a ranking buys at every share of calls to the strong model from 0 to 1. Between its points all is linear: of
 * equally ranked questions any may be next, and a share inside such a group is the expectation over them.
 */
export interface QualityCurve {
  readonly shares: readonly number[];
  /** Mean score per question. */
  readonly qualities: readonly number[];
  /** Mean cost per question. */
  readonly costs: readonly number[];
}

/** The curve over the questions, each as often as it counts. */
export function curveOf(outcomes: Outcomes, ranking: Ranking, counts: Uint16Array): QualityCurve {
  const { cheapScores, strongScores, cheapCosts, strongCosts } = outcomes;
  let [total, quality, cost, calls, place] = [0, 0, 0, 0, 0];
  for (let question = 0; question < counts.length; question += 1) {
    const count = counts[question] as number;
    total += count;
    quality += count * (cheapScores[question] as number);
    cost += count * (cheapCosts[question] as number);
  }
  const curve = { shares: [0], qualities: [quality / total], costs: [cost / total] };
  for (const end of ranking.ends) {
    const before = calls;
    for (; place < end; place += 1) {
      const question = ranking.order[place] as number;
      const count = counts[question] as number;
      calls += count;
      quality += count * ((strongScores[question] as number) - (cheapScores[question] as number));
      cost += count * ((strongCosts[question] as number) - (cheapCosts[question] as number));
    }
    if (calls === before) continue;
    curve.shares.push(calls / total);
    curve.qualities.push(quality / total);
    curve.costs.push(cost / total);
  }
  return curve;
}

/** Sums of the same numbers in another order may differ by so much. */
const ROUNDING = 1e-9;

/** Strong less cheap; PGR = (quality − cheap) / (strong − cheap) needs it above 0, so that it is NaN otherwise. */
export function gapOf({ qualities }: QualityCurve): number {
  const gap = (qualities.at(-1) ?? Number.NaN) - (qualities[0] ?? Number.NaN);
  return gap > ROUNDING ? gap : Number.NaN;
}

/** Mean of PGR over shares of strong calls from 0 to 1, integrated exactly: the curve is linear between its points. */
export function apgrOf(curve: QualityCurve): number {
  let area = 0;
  for (const { from, to } of segmentsOf(curve)) {
    area += (to.share - from.share) * ((from.quality + to.quality) / 2);
  }
  return (area - (curve.qualities[0] ?? Number.NaN)) / gapOf(curve);
}

/** CPT(`recovered`): the smallest share of strong calls at which PGR is `recovered`. */
export function cptOf(curve: QualityCurve, recovered: number): number {
  const target = (curve.qualities[0] ?? Number.NaN) + recovered * gapOf(curve);
  for (const { from, to } of segmentsOf(curve)) {
    if (from.quality >= target - ROUNDING) return from.share;
    if (to.quality >= target - ROUNDING) {
      return between(from.share, to.share, crossingOf(from, to, target));
    }
  }
  return Number.NaN;
}

/**
 * The largest share of always-strong's cost that some share of strong calls saves while quality is at least `kept` times
 * always-strong's. Never below 0, since always-strong itself is one; NaN if always-strong costs nothing.
 */
export function savedOf(curve: QualityCurve, kept: number): number {
  const floor = kept * (curve.qualities.at(-1) ?? Number.NaN);
  const strongCost = curve.costs.at(-1) ?? Number.NaN;
  if (!(strongCost > 0)) return Number.NaN;
  let leastCost = strongCost;
  for (const { from, to } of segmentsOf(curve)) {
    const isFromGood = from.quality >= floor - ROUNDING;
    const isToGood = to.quality >= floor - ROUNDING;
    if (isFromGood) leastCost = Math.min(leastCost, from.cost);
    if (isToGood) leastCost = Math.min(leastCost, to.cost);
    if (isFromGood !== isToGood) {
      leastCost = Math.min(leastCost, between(from.cost, to.cost, crossingOf(from, to, floor)));
    }
  }
  return 1 - leastCost / strongCost;
}

/** Quality and cost at one share of strong calls. */
export function curveAt(curve: QualityCurve, share: number): { quality: number; cost: number } {
  for (const { from, to } of segmentsOf(curve)) {
    if (share > to.share && to.share < 1) continue;
    const place = Math.min(1, (share - from.share) / (to.share - from.share));
    return {
      quality: between(from.quality, to.quality, place),
      cost: between(from.cost, to.cost, place),
    };
  }
  return { quality: Number.NaN, cost: Number.NaN };
}

/** Where between two points quality passes the target; within them although rounding may say otherwise. */
function crossingOf(from: Point, to: Point, target: number): number {
  return Math.min(1, Math.max(0, (target - from.quality) / (to.quality - from.quality)));
}

const between = (from: number, to: number, place: number) => from + (to - from) * place;

interface Point {
  share: number;
  quality: number;
  cost: number;
}

function* segmentsOf(curve: QualityCurve): Generator<{ from: Point; to: Point }> {
  let from = pointOf(curve, 0);
  for (let index = 1; index < curve.shares.length; index += 1) {
    const to = pointOf(curve, index);
    yield { from, to };
    from = to;
  }
}

function pointOf({ shares, qualities, costs }: QualityCurve, index: number): Point {
  return {
    share: shares[index] as number,
    quality: qualities[index] as number,
    cost: costs[index] as number,
  };
}
