import type { Bench } from "../bench.ts";
import { drawJobs } from "../hybrid/draw-jobs.ts";
import { runWeek, type SideName, type WeekFigures } from "./run-week.ts";
import { type Round, rowsOf } from "./savings-rows.ts";
import { type Hour, weekOf } from "./week.ts";

const JOBS = 3_360;
/** Of which a week's jobs are drawn, again and again. */
const PROMPTS = 4_000;
const SIDES: readonly SideName[] = ["alike", "shipped"];

/** Whether the saving that is modelled is the one that is measured, over a week with a random holdout. */
export const savings: Bench = {
  name: "savings",
  title: "Savings: as modelled, beside what a random holdout of 10 % measures over a week",
  async run({ rounds, scale }) {
    const prompts = drawJobs(PROMPTS, 1);
    const measured: Round[] = [];
    for (let round = 0; round < rounds; round += 1)
      measured.push(await runRound(round, weekOf(Math.ceil(JOBS * scale), prompts, round + 1)));
    return {
      subject: "alike",
      reference: "shipped",
      rows: rowsOf(measured),
      notes: [
        "The week is compressed: its 168 hours follow each other at once, in minutes. They shape which jobs come, in what order and how many at once; every job's own times are of the run, and no cost depends on them.",
        "Prompts are those of training/prompts, by the class that a person gave them. The local judge was trained on most of them: how well jobs are routed, this does not measure.",
        "alike: the strongest model has its price and writes as much as the others, as the modelled saving takes it. shipped: it comes as it is, reasons for 120 to 360 tokens and repeats 60 words of a prompt instead of 24. Then the model is too low by what it leaves out, which is what the holdout is there to show. Nothing was tuned to make either fit.",
        "An interval of 95 % leaves out the true saving in one week of twenty, so that now and then a round of alike may, too. Which jobs are held out follows from their ids, which are random: no two runs are the same.",
        "Of each side the sums of jobs and money that GET /v1/savings answers are held against the provider's bill, its tokens priced call by call; a difference ends the run. The time of its answer, with a row read for each job, is of a busy machine.",
      ],
      rounds: measured.map((round) =>
        Object.fromEntries(Object.entries(round).map(([side, figures]) => [side, recorded(figures)])),
      ),
    };
  },
};

async function runRound(round: number, week: readonly Hour[]): Promise<Round> {
  const figures: Partial<Record<SideName, WeekFigures>> = {};
  for (const side of round % 2 === 0 ? SIDES : SIDES.toReversed()) figures[side] = await runWeek(week, side);
  return figures as Round;
}

/** Exact money as decimal strings, as the API gives it. */
function recorded({ savings: { arms, modelled, measured }, answeredMs }: WeekFigures) {
  return { arms, modelled, measured, answeredMs };
}
