import type { Line } from "./json-lines.ts";
import { type Prompt, promptOf, unitsOf } from "./prompt-fields.ts";

/** A question that a cheap and a strong model answered. */
export interface OutcomeRow {
  readonly prompt: Prompt;
  readonly lengthUnits: number;
  readonly cheap: Outcome;
  readonly strong: Outcome;
}

export interface Outcome {
  /** 0 to 1. */
  readonly score: number;
  /** In any unit that is the same in the whole file; null if the file tells none. */
  readonly cost: number | null;
}

/** Fields that hold the two models' scores, where they are named after the models. */
export interface ModelFields {
  readonly cheap?: string | undefined;
  readonly strong?: string | undefined;
}

const SIDES = { cheap: ["cheap", "weak", "small"], strong: ["strong", "large", "expensive"] } as const;

/**
 * Reads one line of an outcomes file: `{prompt | messages, cheap_score, strong_score, cheap_cost?, strong_cost?}`.
 * `weak`, `small`, `large` and `expensive` name the sides as well, `_correct` and `_quality` the score, and a side may be an
 * object with `score` and `cost`.
 */
export function outcomeRowWith(models: ModelFields): (line: Line) => OutcomeRow {
  return (line) => {
    const prompt = promptOf(line);
    const cheap = outcomeOf(line, "cheap", models.cheap);
    const strong = outcomeOf(line, "strong", models.strong);
    if ((cheap.cost === null) !== (strong.cost === null)) line.complain("has the cost of one model only");
    return { prompt, lengthUnits: unitsOf(prompt), cheap, strong };
  };
}

function outcomeOf({ fields, complain }: Line, side: keyof typeof SIDES, model?: string): Outcome {
  const names = model === undefined ? SIDES[side] : [model];
  const score = first(fields, names, ["_score", "_correct", "_quality", "", ".score"]);
  const cost = first(fields, names, ["_cost", "_cost_usd", "|total_cost", ".cost"]);
  const wanted = model ?? `${side}_score`;
  if (score === undefined) complain(`has no ${wanted}`);
  else if (!isWithin(score.value, 1)) complain(`${score.name} is no number from 0 to 1 and no boolean`);
  if (cost !== undefined && !isWithin(cost.value, Number.MAX_VALUE)) {
    complain(`${cost.name} is no number from 0`);
  }
  return { score: Number(score?.value), cost: cost === undefined ? null : Number(cost.value) };
}

function isWithin(value: unknown, most: number): boolean {
  if (typeof value === "boolean") return most === 1;
  return typeof value === "number" && value >= 0 && value <= most;
}

/** The first field there is, null counting as absent; `.score` looks inside an object. */
function first(
  fields: Line["fields"],
  names: readonly string[],
  endings: readonly string[],
): { name: string; value: unknown } | undefined {
  for (const name of names) {
    for (const ending of endings) {
      const value = ending.startsWith(".")
        ? (fields[name] as Record<string, unknown> | undefined)?.[ending.slice(1)]
        : fields[name + ending];
      const isObject = typeof value === "object";
      if (value !== undefined && !isObject) return { name: name + ending, value };
    }
  }
  return undefined;
}
