import { type Fraction, fraction, parseFraction } from "./fraction.ts";

type Operator = "+" | "-" | "*" | "/" | "^" | "%" | "mod" | "of" | "(" | ")";
export type Token = Fraction | Operator;

/** What the lexer makes of a text: the stretches that may be arithmetic, and how many words stand around them. */
export interface Lexed {
  readonly runs: readonly (readonly Token[])[];
  readonly words: number;
}

/** Questions are short. What stands further down is not read, which bounds the work for an 8 MB prompt. */
const MAX_CHARACTERS = 4_096;
const MAX_RUN_TOKENS = 200;

// A number ends where no letter, digit or further group follows, so that dates, versions, times of day and units
// glued to a number ("2024-05-06", "1.2.3", "10:30", "5kg") are words, never arithmetic.
const LEXEME = new RegExp(
  [
    String.raw`(?<skip>[\s$€£]+)`,
    String.raw`(?<date>\d{4}-\d{2}-\d{2})`,
    String.raw`(?<number>(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?![\p{L}\p{N}_]|[.,:]\d))`,
    String.raw`(?<phrase>(?:multiplied|divided) by|(?:raised )?to the power of|per cent)(?![\p{L}\p{N}_])`,
    String.raw`(?<word>[\p{L}\p{N}_](?:[\p{L}\p{N}_'’]|[.,:](?=[\p{L}\p{N}]))*)`,
    String.raw`(?<symbol>\*\*|[-+*/^%()×÷·−])`,
    "(?<other>.)",
  ].join("|"),
  "gisu",
);

const SPELLINGS: ReadonlyMap<string, readonly Token[]> = new Map<string, readonly Token[]>([
  ...(["+", "-", "*", "/", "^", "%", "(", ")", "mod", "of"] as const).map(
    (symbol) => [symbol, [symbol]] as const,
  ),
  ["**", ["^"]],
  ["×", ["*"]],
  ["·", ["*"]],
  ["x", ["*"]],
  ["÷", ["/"]],
  ["−", ["-"]],
  ["plus", ["+"]],
  ["minus", ["-"]],
  ["times", ["*"]],
  ["multiplied by", ["*"]],
  ["over", ["/"]],
  ["divided by", ["/"]],
  ["modulo", ["mod"]],
  ["percent", ["%"]],
  ["per cent", ["%"]],
  ["to the power of", ["^"]],
  ["raised to the power of", ["^"]],
  ["squared", ["^", fraction(2n)]],
  ["cubed", ["^", fraction(3n)]],
]);

/** Splits a text into runs of arithmetic, each broken by any other word or sign. Linear in at most 4,096 characters. */
export function lex(text: string): Lexed {
  const runs: Token[][] = [[]];
  let words = 0;
  for (const { groups = {}, 0: lexeme } of text.slice(0, MAX_CHARACTERS).matchAll(LEXEME)) {
    if (groups.skip !== undefined) continue;
    const tokens =
      groups.number === undefined ? SPELLINGS.get(lexeme.toLowerCase()) : [parseFraction(lexeme)];
    const run = runs.at(-1) ?? [];
    if (tokens !== undefined && run.length < MAX_RUN_TOKENS) run.push(...tokens);
    else if (run.length > 0) runs.push([]);
    if (tokens === undefined && groups.other === undefined) words += 1;
  }
  return { runs: runs.filter((run) => run.length > 0), words };
}
