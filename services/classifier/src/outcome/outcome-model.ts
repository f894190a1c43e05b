import { bounded, type ClassBounds, type JobClass } from "@switchyard/shared/contracts";
import type { JudgeInput } from "../judge/excerpt.ts";
import { FEATURE_NAMES, featuresOf } from "./features.ts";
import type { OutcomeContent } from "./outcome-file.ts";

/** Where a chance moves a job: the two thresholds of a model's file. */
export type Thresholds = Pick<OutcomeContent, "lower_at" | "raise_below">;

/** Knows of a conversation how likely a cheaper model's answer is good enough, from how such answers were rated. */
export interface OutcomeModel {
  version: string;
  thresholds: Thresholds;
  /** 0 to 1. */
  chanceOf: (input: JudgeInput) => number;
}

export function outcomeModelOf(content: OutcomeContent & { version: string }): OutcomeModel {
  const weights = Float64Array.from(FEATURE_NAMES, (name) => content.weights[name] ?? 0);
  // One decision asks for each class where that would lead, of the same conversation.
  const known = new WeakMap<JudgeInput["messages"], number>();
  return {
    version: content.version,
    thresholds: content,
    chanceOf(input) {
      const chance =
        known.get(input.messages) ?? chanceFrom({ bias: content.bias, weights }, featuresOf(input));
      known.set(input.messages, chance);
      return chance;
    },
  };
}

/** The chance that the weights give to features, 0 to 1. */
export function chanceFrom(
  { bias, weights }: { bias: number; weights: Float64Array },
  features: Float64Array,
): number {
  const sum = weights.reduce((total, weight, index) => total + weight * (features[index] ?? 0), bias);
  return 1 / (1 + Math.exp(-sum));
}

/** COMPLEX goes one class down where a cheaper model does; what is below goes all the way up where it does not. */
export function movedClass(judged: JobClass, chance: number, thresholds: Thresholds): JobClass {
  const { lower_at: lowerAt, raise_below: raiseBelow } = thresholds;
  if (judged === "COMPLEX") return chance >= lowerAt ? "CALCULATION" : "COMPLEX";
  return raiseBelow !== null && chance < raiseBelow ? "COMPLEX" : judged;
}

/** The class that a job is routed as: as judged, moved by the outcome model if there is one, then within its bounds. */
export function chooseClass(
  judged: JobClass,
  request: JudgeInput & { bounds: ClassBounds },
  model: OutcomeModel | undefined,
): { class: JobClass; reasons: string[] } {
  const chance = model?.chanceOf(request) ?? 0;
  const moved = model === undefined ? judged : movedClass(judged, chance, model.thresholds);
  const { class: chosen, by } = bounded(moved, request.bounds);
  const reasons: string[] = [];
  if (moved !== judged) {
    const percent = (chance * 100).toFixed(1);
    reasons.push(
      `moved from ${judged} to ${moved} by ${model?.version}: a cheaper model does in ${percent} %`,
    );
  }
  if (by !== null) reasons.push(`moved from ${moved} to ${chosen} by ${by}`);
  return { class: chosen, reasons };
}
