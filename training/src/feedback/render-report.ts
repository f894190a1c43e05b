import type { Evaluation } from "./evaluate.ts";
import { LEAST_LABELS, percent, QUALITY_MARGIN, type Trained } from "./train.ts";

/** What was read beside the examples. */
export interface Read {
  /** How many rated jobs teach nothing, by the reason why. */
  passedOver: Readonly<Record<string, number>>;
  /** As many were read as were allowed: there may be more. */
  isCut: boolean;
  /** Of the examples, by tenant. */
  tenants: ReadonlyMap<string, number>;
}

/** What training came to, for a person to read; the same text for the same result. */
export function renderReport(trained: Trained, { passedOver, isCut, tenants }: Read): string {
  const { counts, evaluation, refusedBecause, candidate } = trained;
  const others = Object.entries(passedOver)
    .toSorted()
    .map(([why, jobs]) => `; ${jobs} ${why}`);
  return [
    candidate === null ? "# No candidate" : `# ${candidate.version}`,
    "",
    `- rated jobs: ${counts.rated}${others.join("")}`,
    ...largestOf(tenants),
    ...(isCut ? ["- so many were read as `--limit` allows; there may be more"] : []),
    `- of these ${counts.labelled} say whether a cheaper model does (${LEAST_LABELS} are needed), ${counts.good} that it does`,
    `- fitted to ${counts.trainedOn}, held back ${counts.heldBack}`,
    ...(evaluation === null ? [] : ["", ...linesOf(evaluation)]),
    "",
    ...(candidate === null
      ? ["Refused:", ...refusedBecause.map((reason) => `- ${reason}`)]
      : [
          `Better than the current routing: it saves money, and quality is lower by no more than ${percent(QUALITY_MARGIN)}.`,
        ]),
    "",
  ].join("\n");
}

/** Nothing keeps one tenant from teaching what holds for all. */
function largestOf(tenants: Read["tenants"]): string[] {
  if (tenants.size < 2) return [];
  const counts = [...tenants.values()];
  const share = Math.max(...counts) / counts.reduce((sum, count) => sum + count, 0);
  return [
    `- **warning:** of ${tenants.size} tenants, whose jobs all count alike, the largest has ${percent(share)}; \`--tenant\` takes one alone`,
  ];
}

function linesOf(evaluation: Evaluation): string[] {
  const { current, candidate, alwaysCheap, alwaysStrong, saving, qualityChange, shuffled } = evaluation;
  const row = (name: string, { usdPerJob, quality }: Evaluation["current"]) =>
    `| ${name} | ${usdPerJob} | ${percent(quality)} |`;
  const range = ({ low, high }: { low: number | null; high: number | null }) =>
    low === null || high === null ? "no interval" : `${percent(low)} to ${percent(high)}`;
  return [
    `On the ${evaluation.jobs} jobs held back, of which it moves ${evaluation.moved}:`,
    "",
    "| Routing | USD per job, expected | Good answers |",
    "|---|--:|--:|",
    row("current", current),
    row("candidate", candidate),
    `| candidate, dealt out at random | as the candidate | ${percent(shuffled.value ?? Number.NaN)} (${range(shuffled)}) |`,
    row("always a cheaper model", alwaysCheap),
    row("always the strong model", alwaysStrong),
    "",
    `- saving: ${percent(saving.value ?? Number.NaN)} (95 %: ${range(saving)})`,
    `- change of quality: ${percent(qualityChange.value ?? Number.NaN)} (95 %: ${range(qualityChange)})`,
  ];
}
