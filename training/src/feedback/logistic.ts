/** A fitted logistic model: P(1) = 1 / (1 + exp(−(bias + weights · features))). */
export interface Fit {
  bias: number;
  weights: Float64Array;
}

const ROUNDS = 400;

/**
 * Least mean log-loss plus l2/2 · |weights|², by Nesterov's accelerated gradient with the step that the curvature
 * bounds: no randomness and no line search, so that the same rows give the same fit.
 */
export function fitLogistic(rows: readonly Float64Array[], labels: readonly boolean[], l2: number): Fit {
  const width = rows[0]?.length ?? 0;
  // The last place is the bias, which is not drawn towards 0.
  let now = new Float64Array(width + 1);
  let before = now;
  const step = 1 / (0.25 * rows.reduce((most, row) => Math.max(most, lengthSquared(row)), 1) + l2);
  for (let round = 1; round <= ROUNDS; round += 1) {
    const momentum = (round - 1) / (round + 2);
    const ahead = now.map((value, place) => value + momentum * (value - (before[place] ?? 0)));
    const slope = gradient(rows, labels, ahead);
    before = now;
    now = ahead.map((value, place) => {
      const pull = place < width ? l2 * value : 0;
      return value - step * ((slope[place] ?? 0) + pull);
    });
  }
  return { bias: now[width] ?? 0, weights: now.subarray(0, width) };
}

function gradient(rows: readonly Float64Array[], labels: readonly boolean[], at: Float64Array): Float64Array {
  const width = at.length - 1;
  const sum = new Float64Array(at.length);
  for (const [index, row] of rows.entries()) {
    let score = at[width] as number;
    for (let place = 0; place < width; place += 1) score += (at[place] as number) * (row[place] as number);
    const error = 1 / (1 + Math.exp(-score)) - Number(labels[index]);
    for (let place = 0; place < width; place += 1) {
      sum[place] = (sum[place] as number) + error * (row[place] as number);
    }
    sum[width] = (sum[width] as number) + error;
  }
  return sum.map((value) => value / rows.length);
}

function lengthSquared(row: Float64Array): number {
  return row.reduce((sum, value) => sum + value * value, 1);
}

/** Mean log-loss of chances; none counts as quite sure. */
export function logLoss(chances: readonly number[], labels: readonly boolean[]): number {
  const sum = chances.reduce((total, chance, index) => {
    const right = labels[index] ? chance : 1 - chance;
    return total - Math.log(Math.max(1e-9, right));
  }, 0);
  return sum / chances.length;
}
