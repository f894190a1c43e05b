import type { JobClass, Probabilities } from "@switchyard/shared/contracts";
import { evidenceOf } from "./evidence.ts";
import type { JudgeInput } from "./excerpt.ts";
import { score } from "./score.ts";

export type { JobClass } from "@switchyard/shared/contracts";
export type { JudgeInput } from "./excerpt.ts";

/** How hard a job is judged to be, and why. */
export interface Judgement {
  readonly class: JobClass;
  /** 0 to 1. */
  readonly confidence: number;
  /** Of each class, to three decimals. */
  readonly probabilities: Readonly<Probabilities>;
  /** Six short phrases at most, made of the rules' own words, never of the prompt's. */
  readonly reasons: string[];
  readonly strategy: "rules";
  readonly strategyVersion: string;
}

/** Anything that can judge a job; a model may need to wait for its answer. */
export interface Judge {
  judge(text: JudgeInput): Judgement | Promise<Judgement>;
}

/** To be raised whenever the same prompt may be judged differently. */
const RULES_VERSION = "rules-1";

/** Judges by rules over structure and words: no call, no state, the same answer for the same text. */
export function rulesJudge(): { judge: (text: JudgeInput) => Judgement } {
  return { judge: judgeByRules };
}

function judgeByRules(input: JudgeInput): Judgement {
  const evidence = evidenceOf(input);
  const { class: jobClass, confidence, probabilities, reasons } = score(evidence);
  const words = evidence.structure.words;
  const length = words === 1 ? "1 word" : `${words} words`;
  return {
    class: jobClass,
    confidence: rounded(confidence),
    probabilities: {
      SIMPLE: rounded(probabilities.SIMPLE),
      CALCULATION: rounded(probabilities.CALCULATION),
      COMPLEX: rounded(probabilities.COMPLEX),
    },
    // The bucket of lengths that spoke is left out: the length itself says more.
    reasons: [length, ...reasons.filter((reason) => !/\d words$/.test(reason))],
    strategy: "rules",
    strategyVersion: RULES_VERSION,
  };
}

function rounded(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}
