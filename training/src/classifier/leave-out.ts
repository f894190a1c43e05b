import { applyRule, fitRule, type Labelled } from "../../../bench/src/routing/length-rule.ts";
import { augmented, type Wrapping } from "./augment.ts";
import { logitsOf, trainEnsemble } from "./ensemble.ts";
import type { Example, LeftOut } from "./examples.ts";
import { type Steering, steer } from "./injections.ts";

export interface LeaveOutOptions {
  readonly wrappings: readonly Wrapping[];
  /** Texts that try to choose a class, put around what is left out. */
  readonly injections: readonly Wrapping[];
  readonly seed: number;
  readonly progress: (line: string) => void;
}

/** Kinds of our own prompts are left out a fifth at a time; they are many and small. */
const OWN_FOLDS = 5;

/**
 * Trains once for each source of others, without any of its rows, and once for each fifth of our own kinds. What each
 * model says of what it did not see is the only honest score: random folds put phrasings of one source on both sides.
 */
export function leaveOut(
  examples: readonly Example[],
  { wrappings, injections, seed, progress }: LeaveOutOptions,
): { rows: LeftOut[]; steering: Steering[] } {
  const kinds = [...new Set(examples.filter(({ row }) => row.isOwn).map(({ row }) => row.source))];
  const foldOf = ({ row }: Example) =>
    row.isOwn ? `own kinds, part ${(kinds.indexOf(row.source) % OWN_FOLDS) + 1} of ${OWN_FOLDS}` : row.group;
  const folds = [...new Set(examples.map(foldOf))];
  if (folds.length < 2)
    throw new Error("rows of one source alone cannot be scored by leaving it out: give more sources");
  const said = new Map<Example, LeftOut>();
  const steering: Steering[] = [];
  for (const [index, fold] of folds.entries()) {
    const isIn = (example: Example) => foldOf(example) === fold;
    const seen = examples.filter((example) => !isIn(example));
    const model = trainEnsemble(augmented(seen, wrappings, seed), seed);
    const held = examples.filter(isIn);
    const rule = fitRule(labelled(seen));
    const byLength = applyRule(rule, labelled(held).lengthsUnits);
    for (const [place, example] of held.entries())
      said.set(example, { example, logits: logitsOf(model, example), byLength: byLength[place] as number });
    steering.push(...steer(model, held, { templates: injections, seed }));
    progress(`${index + 1}/${folds.length} without ${fold} (${held.length} rows)`);
  }
  return { rows: examples.map((example) => said.get(example) as LeftOut), steering };
}

function labelled(examples: readonly Example[]): Labelled {
  return {
    labels: Uint8Array.from(examples, ({ label }) => label),
    lengthsUnits: Float64Array.from(examples, ({ row }) => row.lengthUnits),
  };
}
