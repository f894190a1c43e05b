import { OPERATING_METRICS, type OutcomesEvaluation, RANKING_METRICS } from "./evaluate-outcomes.ts";
import { comparisonsTable, short, systemsTable, unbeaten } from "./render-figures.ts";

/** An evaluation over outcomes for a terminal of 100 columns. */
export function renderOutcomes(evaluation: OutcomesEvaluation): string[] {
  const { scores, routes, rows, cheapQuality, strongQuality, gap, costs } = evaluation;
  const table = (title: string, metrics: typeof RANKING_METRICS) => [
    ...systemsTable(title, scores, metrics),
    "",
  ];
  const strong = Object.keys(routes).filter((name) => routes[name as keyof typeof routes] === "strong");
  return [
    `${rows} questions; quality of the cheap model ${short(cheapQuality)}, of the strong one ${short(strongQuality)}`,
    `costs: ${costs}`,
    ...(gap === null
      ? ["! the strong model is no better than the cheap one here: PGR, APGR and CPT are undefined"]
      : []),
    "",
    ...table("ranking", RANKING_METRICS.slice(0, 3)),
    ...table("best share of strong calls", RANKING_METRICS.slice(3)),
    `the routing as shipped: ${strong.join(" and ")} to the strong model;`,
    "random, length and shuffled send it as many calls",
    ...table("as shipped", OPERATING_METRICS.slice(0, 3)),
    ...table("as shipped", OPERATING_METRICS.slice(3)),
    ...comparisonsTable(scores, ["APGR", "quality"]),
    ...unbeaten(scores),
  ];
}
