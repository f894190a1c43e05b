import { JOB_CLASSES } from "@switchyard/shared/contracts";
import type { Line } from "./json-lines.ts";
import { type Prompt, promptOf, unitsOf } from "./prompt-fields.ts";

/** A prompt whose class is known. */
export interface LabelledRow {
  readonly prompt: Prompt;
  /** Index in JOB_CLASSES. */
  readonly label: number;
  readonly lengthUnits: number;
  /** Where it is from, up to the first space: `clinc/oos-eval timer` is of the group `clinc/oos-eval`. */
  readonly sourceGroup: string | null;
  readonly language: string | null;
  readonly slice: string | null;
}

/** One line of a labelled file: `{prompt | messages, label, source?, lang?, slice?}`. */
export function labelledRow(line: Line): LabelledRow {
  const prompt = promptOf(line);
  const { label, class: className, source, lang, slice } = line.fields;
  const name = label ?? className;
  const index = JOB_CLASSES.findIndex(
    (known) => typeof name === "string" && known === name.trim().toUpperCase(),
  );
  if (index < 0) {
    line.complain(name === undefined ? "has no label" : `label is none of ${JOB_CLASSES.join(", ")}`);
  }
  return {
    prompt,
    label: index,
    lengthUnits: unitsOf(prompt),
    sourceGroup: nameOf(source)?.split(" ")[0] ?? null,
    language: nameOf(lang),
    slice: nameOf(slice),
  };
}

/** Names of groups go into tables and result files, so that they are kept short. */
const NAME_UNITS = 40;

function nameOf(value: unknown): string | null {
  const isName = typeof value === "string" && value.trim() !== "";
  return isName ? value.trim().slice(0, NAME_UNITS) : null;
}
