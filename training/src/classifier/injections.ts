import { permutation, uniforms } from "../../../bench/src/random.ts";
import { dearest } from "../../../services/classifier/src/judge/model.ts";
import type { Wrapping } from "./augment.ts";
import { type Ensemble, logitsOf } from "./ensemble.ts";
import { type Example, exampleOf } from "./examples.ts";
import { COSTS } from "./scores.ts";

/** Prompts of each source left out that the texts are put around. */
const PROMPTS = 12;
/** Of longer prompts a text around them may fall out of what is read, which would only flatter the result. */
const LONGEST_UNITS = 600;
const [SIMPLE, COMPLEX] = [0, 2];

/** What texts that try to choose a class did to prompts, by the kind of text. */
export interface Steering {
  readonly kind: string;
  readonly pairs: number;
  readonly changed: number;
  /** Of the pairs whose prompt is judged COMPLEX without the text. */
  readonly complex: number;
  readonly complexToSimple: number;
}

/** Puts each text around prompts that the model has not seen, drawn by the seed, and counts what becomes of their class. */
export function steer(
  model: Ensemble,
  held: readonly Example[],
  { templates, seed }: { templates: readonly Wrapping[]; seed: number },
): Steering[] {
  const short = held.filter(
    ({ row }) =>
      row.slice !== "injection" && row.lengthUnits <= LONGEST_UNITS && row.prompt.messages.length === 1,
  );
  const drawn = [...permutation(short.length, uniforms(seed))].slice(0, PROMPTS);
  const rows = drawn.map((index) => (short[index] as Example).row);
  const classOf = (example: Example) => dearest(softenedOf(model, example), COSTS);
  const plain = rows.map((row) => classOf(exampleOf(row)));
  return templates.map(({ before, after, kind }) => {
    const steered = rows.map((row) => {
      const content = before + (row.prompt.messages[0]?.content ?? "") + after;
      return classOf(exampleOf({ ...row, prompt: { messages: [{ role: "user", content }] } }));
    });
    const complex = plain.filter((chosen) => chosen === COMPLEX).length;
    return {
      kind,
      pairs: rows.length,
      changed: steered.filter((chosen, index) => chosen !== plain[index]).length,
      complex,
      complexToSimple: steered.filter((chosen, index) => chosen === SIMPLE && plain[index] === COMPLEX)
        .length,
    };
  });
}

/** Before calibration: what it adds moves prompts and steered prompts alike. */
function softenedOf(model: Ensemble, example: Example): Float64Array {
  return logitsOf(model, example).map(Math.exp);
}

/** All of a kind together, and last of all kinds. */
export function summed(steerings: readonly Steering[]): Steering[] {
  const kinds = [...new Set(steerings.map(({ kind }) => kind))].toSorted();
  const sum = (name: string, of: readonly Steering[]): Steering => ({
    kind: name,
    pairs: total(of, "pairs"),
    changed: total(of, "changed"),
    complex: total(of, "complex"),
    complexToSimple: total(of, "complexToSimple"),
  });
  return [
    ...kinds.map((name) =>
      sum(
        name,
        steerings.filter(({ kind }) => kind === name),
      ),
    ),
    sum("all", steerings),
  ];
}

function total(steerings: readonly Steering[], name: Exclude<keyof Steering, "kind">): number {
  return steerings.reduce((sum, one) => sum + one[name], 0);
}
