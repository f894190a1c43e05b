import { JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
// No service may export this for us, and none needs to.
import {
  type Judge,
  type Judgement,
  localJudge,
  shippedModel,
} from "../../../services/classifier/src/judge/judge.ts";
import type { Prompt } from "./prompt-fields.ts";

/** The judge that is measured, and what it has seen before. */
export interface Subject {
  readonly judge: Judge;
  /** SHA-256 of the files it was trained on: its scores on these say nothing. */
  readonly trainedOn: readonly string[];
}

/** The judge that the classifier starts with. */
export function shippedSubject(): Subject {
  const model = shippedModel();
  return { judge: localJudge(model), trainedOn: model.trainedOn.map(({ digest }) => digest) };
}

/** Of P(CALCULATION), how much counts towards a prompt's need of the strong model. */
export const CALCULATION_SHARE = 0.5;

/** What the judge says of every prompt, by column. */
export interface Opinions {
  readonly version: string;
  /** Where the ranking score is from: told by the judge, or derived from its class and confidence alone. */
  readonly probabilities: "told" | "derived";
  /** Index in JOB_CLASSES. */
  readonly classes: Uint8Array;
  /** Probability of the class judged. */
  readonly confidences: Float64Array;
  /** P(COMPLEX) + 0.5 P(CALCULATION): who goes to the strong model first. */
  readonly needs: Float64Array;
}

/** Asks the judge about each prompt. @throws Error when an answer is no class, or its numbers are no numbers. */
export async function askJudge(judge: Judge, prompts: readonly Prompt[]): Promise<Opinions> {
  const classes = new Uint8Array(prompts.length);
  const confidences = new Float64Array(prompts.length);
  const needs = new Float64Array(prompts.length);
  let version = "";
  let isTold = true;
  for (const [row, prompt] of prompts.entries()) {
    const judgement = await judge.judge(prompt);
    const told = toldBy(judgement);
    const { COMPLEX, CALCULATION } = told ?? derivedFrom(judgement);
    isTold = isTold && told !== null;
    version = `${judgement.strategy} ${judgement.strategyVersion}`;
    classes[row] = JOB_CLASSES.indexOf(judgement.class);
    confidences[row] = judgement.confidence;
    needs[row] = COMPLEX + CALCULATION_SHARE * CALCULATION;
    if (!JOB_CLASSES.includes(judgement.class) || !isShare(confidences[row]) || !isShare(needs[row])) {
      throw new Error(`the judge's answer to prompt ${row + 1} is no class with probabilities from 0 to 1`);
    }
  }
  return { version, probabilities: isTold ? "told" : "derived", classes, confidences, needs };
}

type Probabilities = Readonly<Record<JobClass, number>>;

function toldBy(judgement: Judgement & { readonly probabilities?: Probabilities }): Probabilities | null {
  return judgement.probabilities ?? null;
}

/** The class has its confidence, the other two halve the rest: within a class, needs follow confidence. */
function derivedFrom({ class: judged, confidence }: Judgement): Probabilities {
  const rest = (1 - confidence) / 2;
  return { SIMPLE: rest, CALCULATION: rest, COMPLEX: rest, [judged]: confidence };
}

/** Sums of probabilities may pass 1 by rounding. */
const isShare = (value: number | undefined) => value !== undefined && value >= 0 && value <= 1 + 1e-6;
