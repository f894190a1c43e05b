import { readFileSync } from "node:fs";
import type { JobClass, Probabilities } from "@switchyard/shared/contracts";
import { JOB_CLASSES } from "@switchyard/shared/contracts";
import type { JudgeInput } from "./excerpt.ts";
import { type Model, readModel } from "./model.ts";
import { readPrompt } from "./read-prompt.ts";
import { reasonsOf } from "./reasons.ts";

export type { JobClass } from "@switchyard/shared/contracts";
export type { JudgeInput } from "./excerpt.ts";

/** How hard a job is judged to be, and why. */
export interface Judgement {
  readonly class: JobClass;
  /** Calibrated probability of the class, 0 to 1. */
  readonly confidence: number;
  /** Calibrated, of all classes; they sum to 1. */
  readonly probabilities: Readonly<Probabilities>;
  /** Six short phrases at most, made of the model's own words, never of the prompt's. */
  readonly reasons: string[];
  readonly strategy: "local";
  readonly strategyVersion: string;
}

/** Anything that can judge a job; a model may need to wait for its answer. */
export interface Judge {
  judge(text: JudgeInput): Judgement | Promise<Judgement>;
}

export interface LocalJudge {
  judge(text: JudgeInput): Judgement;
}

const SHIPPED = new URL("../../model/weights.json", import.meta.url);

/** The model that comes with the classifier. */
export function shippedModel(): Model {
  return readModel(readFileSync(SHIPPED, "utf8"), "model/weights.json");
}

/** Judges in the process, by a trained model: no call, no state, the same answer for the same text. */
export function localJudge(model: Model = shippedModel()): LocalJudge {
  return { judge: (input) => judgeBy(model, input) };
}

function judgeBy(model: Model, input: JudgeInput): Judgement {
  readPrompt(input);
  const reading = model.read();
  const of = (index: number) => Math.round((reading.probabilities[index] as number) * 1_000) / 1_000;
  return {
    class: JOB_CLASSES[reading.chosen] as JobClass,
    confidence: of(reading.chosen),
    probabilities: { SIMPLE: of(0), CALCULATION: of(1), COMPLEX: of(2) },
    reasons: reasonsOf(reading),
    strategy: "local",
    strategyVersion: model.version,
  };
}
