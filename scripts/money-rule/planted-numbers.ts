// Each line here breaks the rule that no number holds money; the rule's test demands that each is seen.

interface Cost {
  paidUsd: string;
  costUsd: number;
  total_usd: number | null;
  spentPicoUsd: bigint;
}
export function planted(cost: Cost, pricePicoUsd = 1): unknown[] {
  const halfUsd = pricePicoUsd / 2;
  const { costUsd } = cost;
  const whole = Number(cost.spentPicoUsd);
  const paid = +cost.paidUsd;
  const parsed = parseFloat(cost.paidUsd);
  const graph = approximateUsd(cost.spentPicoUsd);
  return [halfUsd, costUsd, whole, paid, parsed, graph];
}

declare function approximateUsd(picoUsd: bigint): number;
