import { permutation, uniforms } from "../../../bench/src/random.ts";
import type { LocalJudge } from "../../../services/classifier/src/judge/judge.ts";
import type { Wrapping } from "./augment.ts";
import type { TrainingRow } from "./rows.ts";

const PROMPTS = 150;
/** Of longer prompts a text around them may fall out of what is read, which would only flatter the result. */
const LONGEST_UNITS = 600;

export interface Steered {
  readonly prompts: number;
  readonly templates: number;
  /** Of all prompts in all texts, the share whose class is another than without. */
  readonly changed: number;
  readonly byKind: Readonly<Record<string, number>>;
}

/** How often each text changes the class that prompts, drawn by the seed, have without it. */
export function measureSteering(
  { judge }: LocalJudge,
  rows: readonly TrainingRow[],
  { templates, seed }: { templates: readonly Wrapping[]; seed: number },
): Steered {
  const short = rows.filter(
    ({ slice, lengthUnits, prompt }) =>
      slice !== "injection" && lengthUnits <= LONGEST_UNITS && prompt.messages.length === 1,
  );
  const drawn = [...permutation(short.length, uniforms(seed))].slice(0, PROMPTS);
  const texts = drawn.map((index) => short[index]?.prompt.messages[0]?.content ?? "");
  const classOf = (content: string) => judge({ messages: [{ role: "user", content }] }).class;
  const plain = texts.map(classOf);
  const changes = new Map<string, { changed: number; all: number }>();
  for (const { before, after, kind } of templates) {
    const counted = changes.get(kind) ?? { changed: 0, all: 0 };
    for (const [index, text] of texts.entries())
      if (classOf(before + text + after) !== plain[index]) counted.changed += 1;
    changes.set(kind, { changed: counted.changed, all: counted.all + texts.length });
  }
  const all = [...changes.values()];
  const sum = (of: (one: { changed: number; all: number }) => number) =>
    all.reduce((total, one) => total + of(one), 0);
  return {
    prompts: texts.length,
    templates: templates.length,
    changed:
      sum((one) => one.changed) /
      Math.max(
        1,
        sum((one) => one.all),
      ),
    byKind: Object.fromEntries([...changes].map(([kind, one]) => [kind, one.changed / one.all])),
  };
}
