import { uniforms } from "../../../bench/src/random.ts";
import { type Line, readJsonLines } from "../../../bench/src/routing/json-lines.ts";
import { type Example, exampleOf } from "./examples.ts";

/** A text around a prompt that changes nothing of the work asked for: politeness, formats, attempts to choose the class. */
export interface Wrapping {
  readonly before: string;
  readonly after: string;
  readonly kind: string;
}

const PLACE = "{prompt}";

export function readWrappings(path: string, problems: string[]): readonly Wrapping[] {
  return readJsonLines(path, wrappingOf, problems).rows;
}

function wrappingOf({ fields, complain }: Line): Wrapping {
  const { template, kind } = fields;
  const parts = typeof template === "string" ? template.split(PLACE) : [];
  if (parts.length !== 2) complain(`template does not hold ${PLACE} once`);
  return { before: parts[0] ?? "", after: parts[1] ?? "", kind: typeof kind === "string" ? kind : "other" };
}

/** So many of the prompts are learnt once more in a wrapping drawn by the seed. */
const SHARE = 0.4;

/** The examples, and wrapped ones beside them, with the same label and source. */
export function augmented(
  examples: readonly Example[],
  wrappings: readonly Wrapping[],
  seed: number,
): Example[] {
  if (wrappings.length === 0) return [...examples];
  const next = uniforms(seed);
  const wrapped = examples.flatMap(({ row }) => {
    const isDrawn = next() < SHARE;
    const { before, after } = wrappings[Math.floor(next() * wrappings.length)] as Wrapping;
    const [first, ...others] = row.prompt.messages;
    if (!isDrawn || first === undefined || others.length > 0) return [];
    const messages = [{ ...first, content: before + first.content + after }];
    return [exampleOf({ ...row, prompt: { messages } })];
  });
  return [...examples, ...wrapped];
}
