import { answerArithmetic } from "./arithmetic.ts";

/** A request that wants one of several names in a JSON object says so with their choice, as `{"class":"A|B|C"}`. */
const CHOICE = /\{"(\w{1,32})": ?"(\w{1,32}(?:\|\w{1,32}){1,9})"\}/;
const SHOWN = /<conversation>\n([\s\S]*)\n<\/conversation>/;
const HARD = /\b(?:prove|design|plan|compare|architecture|strategy|essay|story|trade-offs?)\b/i;

/**
 * The answer to a request to sort a conversation into one of several classes, listed from the least demanding to the
 * most, by rough rules of its own; undefined where that is not asked for.
 */
export function answerChoice(system: string, text: string): string | undefined {
  const [, field, choice] = CHOICE.exec(system) ?? [];
  if (field === undefined || choice === undefined) return undefined;
  const names = choice.split("|");
  const shown = SHOWN.exec(text)?.[1] ?? text;
  const place = HARD.test(shown) ? names.length - 1 : answerArithmetic(shown) === undefined ? 0 : 1;
  return JSON.stringify({ [field]: names[place] });
}
