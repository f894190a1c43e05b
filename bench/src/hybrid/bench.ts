import { formatUsd } from "@switchyard/shared/pricing";
import type { Bench } from "../bench.ts";
import { type DrawnJob, drawJobs } from "./draw-jobs.ts";
import { type Round, rowsOf, type SideName } from "./hybrid-rows.ts";
import { runSide } from "./run-side.ts";
import type { SideFigures } from "./side-figures.ts";

const JOBS = 300;
const BELOW = 0.7;
const CHEAP = "sim-small";
/** The model that savings are measured against. */
const DEAR = "sim-large";
/** Longer than any answer takes, so that no figure depends on how busy the machine is. */
const TIMEOUT_MS = 60_000;

/** What each side has in the catalogue. */
const SIDES: Readonly<Record<SideName, string>> = {
  local: "  mode: local\n",
  hybrid: asking("hybrid", `model: ${CHEAP}, below_confidence: ${BELOW}`),
  llm: asking("llm", `model: ${CHEAP}`),
  dear: asking("hybrid", `model: ${DEAR}, below_confidence: ${BELOW}`),
  open: asking("hybrid", `model: ${CHEAP}, below_confidence: 1`),
  openDear: asking("hybrid", `model: ${DEAR}, below_confidence: 1`),
};

/** What asking a model to judge costs and saves, beside asking it of every job and of none. */
export const hybrid: Bench = {
  name: "hybrid",
  title: "Hybrid: a model judges where the local judge is unsure and asking can pay, beside every job",
  async run({ rounds, scale }) {
    const draws = Array.from({ length: rounds }, (_, round) => drawJobs(Math.ceil(JOBS * scale), round + 1));
    const measured: Round[] = [];
    for (const [round, jobs] of draws.entries()) measured.push(await runRound(round, jobs));
    const drawn = draws.flat();
    const trainedPercent = (100 * drawn.filter(({ isTrainedOn }) => isTrainedOn).length) / drawn.length;
    return {
      subject: "hybrid",
      reference: "llm",
      rows: rowsOf(measured),
      notes: [
        `THE LOCAL JUDGE WAS TRAINED ON AT LEAST ${trainedPercent.toFixed(1)} % OF THESE VERY PROMPTS: it is sure of nearly all and right on nearly all. Shares asked and routed as labelled say nothing of prompts that it has not seen, of which more are unsure.`,
        "Each round draws other jobs from training/prompts, the same for all its sides: no injections, no conversations, no bound on the answer.",
        `Judges: ${CHEAP}, and as the dear one ${DEAR}; asked below ${BELOW}, or below 1, so that the gate alone decides. Money is summed in whole pico-dollars. Of every side each attempt in the ledger is held against the simulator's bill, by call, kind and cost; a difference ends the run.`,
        "Saved is against the strongest model for every job: most of it the local judge saves by itself. What asking adds is the row hybrid less local.",
        "The simulated judge goes by a few words and takes what it does not know for SIMPLE, so that what it moves becomes cheaper, right or wrong. How good a real model's judgement is, this does not measure.",
        "No time is measured, and load changes no figure.",
      ],
      rounds: measured.map((round) =>
        Object.fromEntries(Object.entries(round).map(([side, figures]) => [side, recorded(figures)])),
      ),
    };
  },
};

function asking(mode: string, settings: string): string {
  return `  mode: ${mode}\n  llm: { ${settings}, timeout_ms: ${TIMEOUT_MS} }\n`;
}

async function runRound(round: number, jobs: readonly DrawnJob[]): Promise<Round> {
  const names = Object.keys(SIDES) as SideName[];
  const figures: Partial<Record<SideName, SideFigures>> = {};
  for (const name of round % 2 === 0 ? names : names.toReversed())
    figures[name] = await runSide(jobs, SIDES[name]);
  return figures as Round;
}

/** Exact money as decimal strings, of all jobs of the side. */
function recorded({ classifierPicoUsd, totalPicoUsd, savedPicoUsd, ...counts }: SideFigures) {
  return {
    ...counts,
    classifierUsd: formatUsd(classifierPicoUsd),
    totalUsd: formatUsd(totalPicoUsd),
    savedUsd: formatUsd(savedPicoUsd),
  };
}
