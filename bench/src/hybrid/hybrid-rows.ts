import { GATE_REASONS } from "@switchyard/shared/contracts";
import { type Row, row } from "../report.ts";
import { type SideFigures, usdPerThousand } from "./side-figures.ts";

/**
 * `dear` is hybrid with a flagship as its judge. Where the local judge is hardly ever below the threshold, the gate has hardly
 * anything to refuse; the two open sides have a threshold of 1, so that the gate alone decides.
 */
export type SideName = "local" | "hybrid" | "llm" | "dear" | "open" | "openDear";
export type Round = Readonly<Record<SideName, SideFigures>>;

const TITLES: Readonly<Record<SideName, string>> = {
  local: "local",
  hybrid: "hybrid",
  llm: "llm",
  dear: "dear judge",
  open: "threshold 1",
  openDear: "threshold 1, dear judge",
};

/** The share of jobs that mode hybrid may ask about. */
const MOST_ASKED_PERCENT = 25;

type Of = (figures: SideFigures) => number;
const askedPercent: Of = ({ asked, jobs }) => (100 * asked) / jobs;
const labelledPercent: Of = ({ asLabelled, jobs }) => (100 * asLabelled) / jobs;
const complexBelow: Of = (figures) => figures.complexBelow;
const totalUsd: Of = ({ totalPicoUsd, jobs }) => usdPerThousand(totalPicoUsd, jobs);
const savedUsd: Of = ({ savedPicoUsd, jobs }) => usdPerThousand(savedPicoUsd, jobs);
const classifierUsd: Of = ({ classifierPicoUsd, jobs }) => usdPerThousand(classifierPicoUsd, jobs);

/** Hybrid beside llm, then every other side by itself. */
export function rowsOf(rounds: readonly Round[]): Row[] {
  const both = (metric: string, of: Of, bar?: string) =>
    row(metric, rounds, {
      subject: ({ hybrid }) => of(hybrid),
      reference: ({ llm }) => of(llm),
      ...(bar === undefined ? {} : { bar }),
    });
  const alone = (side: SideName, metric: string, of: Of) =>
    row(`${TITLES[side]}: ${metric}`, rounds, { subject: (round) => of(round[side]) });
  const gates = (side: SideName) =>
    GATE_REASONS.filter((reason) => rounds.some((round) => round[side].gates[reason] !== undefined)).map(
      (reason) => alone(side, `jobs with gate ${reason}`, (figures) => figures.gates[reason] ?? 0),
    );
  const gated = (side: SideName, bar?: string) => [
    { ...alone(side, "jobs asked about, %", askedPercent), ...(bar === undefined ? {} : { bar }) },
    alone(side, "total USD per 1,000 jobs", totalUsd),
    alone(side, "jobs routed as labelled, %", labelledPercent),
    ...gates(side),
  ];
  return [
    both("jobs asked about, %", askedPercent, `<= ${MOST_ASKED_PERCENT}`),
    both("consultations in the ledger, each on the bill", ({ consultations }) => consultations),
    both("classifier USD per 1,000 jobs", classifierUsd),
    both("total USD per 1,000 jobs", totalUsd),
    both("saved USD per 1,000 jobs, net of the classifier", savedUsd, "> 0"),
    both("jobs routed as labelled, %", labelledPercent),
    both("COMPLEX jobs routed lower", complexBelow),
    ...gates("hybrid"),
    alone("local", "total USD per 1,000 jobs", totalUsd),
    alone("local", "saved USD per 1,000 jobs", savedUsd),
    alone("local", "jobs routed as labelled, %", labelledPercent),
    alone("local", "COMPLEX jobs routed lower", complexBelow),
    row("hybrid less local: total USD per 1,000 jobs", rounds, {
      subject: ({ hybrid, local }) => usdPerThousand(hybrid.totalPicoUsd - local.totalPicoUsd, hybrid.jobs),
    }),
    ...(["hybrid", "llm"] as const).map((side) =>
      alone(side, "consultations without an answer", ({ degraded }) => degraded),
    ),
    ...gated("dear", "about 0"),
    ...gated("open"),
    ...gated("openDear", "about 0"),
  ];
}
