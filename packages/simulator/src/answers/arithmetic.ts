import { type Evaluated, evaluate } from "./expression.ts";
import { ArithmeticProblem, toDecimal } from "./fraction.ts";
import { lex, type Token } from "./lexer.ts";

const ASKS_FOR_A_NUMBER = /\b(?:what|how much|how many|calculate|compute|evaluate|solve|result|equals?)\b|=/i;
/** A text that asks nothing may still be a bare sum with a few words around it; a longer one is prose. */
const MAX_WORDS_AROUND_A_BARE_SUM = 6;

/**
 * The exact result of the longest sum in a text, or undefined where the text asks for none. Knows + - * / ^ %,
 * parentheses, decimals, thousands separators, "12.5 % of 3,480" and the usual words for operators.
 */
export function answerArithmetic(text: string): string | undefined {
  if (!/\d/.test(text)) return undefined;
  const { runs, words } = lex(text);
  if (words > MAX_WORDS_AROUND_A_BARE_SUM && !ASKS_FOR_A_NUMBER.test(text.slice(0, 4_096))) return undefined;
  try {
    const longest = runs
      .map(evaluateFirst)
      .filter((found) => found !== undefined)
      .reduce<Evaluated | undefined>(
        (best, found) => (found.length > (best?.length ?? 0) ? found : best),
        undefined,
      );
    return longest === undefined ? undefined : toDecimal(longest.value);
  } catch (error) {
    if (error instanceof ArithmeticProblem) return `That has no exact value: ${error.message}.`;
    throw error;
  }
}

// A run may open with a sign or a parenthesis that belongs to the prose before it, so later starts are tried too.
function evaluateFirst(tokens: readonly Token[]): Evaluated | undefined {
  for (let start = 0; start < tokens.length; start += 1) {
    const rest = tokens.slice(start);
    const found = evaluate(rest);
    if (found !== undefined && countNumbers(rest.slice(0, found.length)) > 1) return found;
  }
  return undefined;
}

function countNumbers(tokens: readonly Token[]): number {
  return tokens.filter((token) => typeof token === "object").length;
}
