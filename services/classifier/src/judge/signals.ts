import type { WordKind } from "./lexicon/lexicon.ts";
import type { PATTERNS } from "./patterns.ts";

/**
 * What a signal at full strength says for SIMPLE, CALCULATION and COMPLEX, in log odds; each row sums to about 0.
 * Fitted to labelled prompts and rounded; set by hand where those prompts hold no counter-examples.
 */
export type Weights = readonly [simple: number, calculation: number, complex: number];

/** Before anything is known. */
export const PRIOR: Weights = [0.6, -0.1, -0.4];

/** Words by kind; `opening` comes on top when they open the request. */
export const WORD_SIGNALS: readonly {
  readonly kind: WordKind;
  readonly says: string;
  readonly weights: Weights;
  readonly opening: Weights;
}[] = [
  { kind: "transform", says: "reworks a given text", weights: [0.6, -0.2, -0.5], opening: [0.6, -0.2, -0.5] },
  {
    kind: "extract",
    says: "reads something out of a text",
    weights: [1.1, -0.2, -0.9],
    opening: [1.2, -0.2, -0.9],
  },
  { kind: "fact", says: "asks for a fact", weights: [0.8, -0.3, -0.5], opening: [0.4, 0.2, -0.6] },
  { kind: "command", says: "gives a command", weights: [0.2, -0.3, 0.1], opening: [0.6, -0.4, -0.2] },
  { kind: "chat", says: "small talk", weights: [0.8, -0.5, -0.3], opening: [0.2, -0.1, -0.1] },
  { kind: "smallText", says: "wants a short text", weights: [0.8, -0.6, -0.2], opening: [0.6, -0.3, -0.3] },
  { kind: "calculate", says: "asks to calculate", weights: [-0.7, 0.6, 0.1], opening: [-0.9, 1, -0.1] },
  { kind: "arithmetic", says: "arithmetic in words", weights: [-0.5, 0.8, -0.3], opening: [-0.5, 0.7, -0.2] },
  {
    kind: "quantity",
    says: "asks how much or how many",
    weights: [-0.9, 2.5, -1.6],
    opening: [0.4, -0.1, -0.3],
  },
  { kind: "statistics", says: "statistics", weights: [-0.3, 0.5, -0.2], opening: [-0.3, 0.3, 0] },
  {
    kind: "mathTopic",
    says: "a topic of mathematics",
    weights: [-0.4, 0.5, -0.1],
    opening: [-0.3, 0.5, -0.1],
  },
  { kind: "unit", says: "numbers with units", weights: [-0.7, 1.1, -0.4], opening: [-0.2, 0.6, -0.4] },
  { kind: "wordProblem", says: "trade and sharing words", weights: [-0.4, 0.3, 0], opening: [-0.4, 0.4, 0] },
  { kind: "data", says: "tables or queries", weights: [-0.8, 1.5, -0.8], opening: [-0.7, 1, -0.3] },
  { kind: "dateSum", says: "reckoning with dates", weights: [-0.2, 0.6, -0.4], opening: [0, 0.2, -0.2] },
  { kind: "proof", says: "asks for a proof", weights: [-0.7, -1.2, 1.9], opening: [-0.8, -1.4, 2.2] },
  { kind: "design", says: "asks for a design", weights: [-0.2, -0.5, 0.7], opening: [-0.5, -0.4, 0.9] },
  { kind: "plan", says: "asks for a plan", weights: [-0.6, -0.4, 0.9], opening: [-0.6, -0.7, 1.3] },
  { kind: "program", says: "asks for a program", weights: [-0.6, -0.4, 1], opening: [-0.6, -0.2, 0.8] },
  { kind: "debug", says: "asks to find a fault", weights: [-0.2, -0.3, 0.5], opening: [-0.1, -0.1, 0.2] },
  {
    kind: "analyse",
    says: "asks to weigh or compare",
    weights: [-0.7, -0.4, 1.1],
    opening: [-0.3, -0.1, 0.4],
  },
  { kind: "creative", says: "a creative form", weights: [0.2, -0.5, 0.3], opening: [-0.6, -0.5, 1] },
  { kind: "logic", says: "a logic puzzle", weights: [-2.1, -0.5, 2.6], opening: [-0.1, -0.5, 0.5] },
  { kind: "depth", says: "asks for depth", weights: [-0.5, -0.4, 0.9], opening: [-0.2, 0.3, -0.1] },
  { kind: "make", says: "asks to make something", weights: [-0.1, -0.6, 0.7], opening: [-0.4, 0, 0.4] },
  { kind: "artefact", says: "names something built", weights: [0.2, -0.2, 0], opening: [-0.6, 0.2, 0.5] },
  { kind: "technology", says: "names a technology", weights: [-0.1, -0.6, 0.7], opening: [0.2, -0.2, 0.1] },
  { kind: "why", says: "asks why or how", weights: [0.1, -0.6, 0.6], opening: [-0.4, -0.2, 0.5] },
  { kind: "numberWord", says: "numbers in words", weights: [-0.5, 0.2, 0.2], opening: [0, 0.5, -0.5] },
];

/** Structure, and words in company. */
export const PATTERN_SIGNALS: readonly {
  readonly pattern: keyof typeof PATTERNS;
  readonly weights: Weights;
}[] = [
  { pattern: "up to 4 words", weights: [0.4, 0.4, -0.8] },
  { pattern: "5 to 10 words", weights: [-0.2, 0.5, -0.3] },
  { pattern: "11 to 25 words", weights: [-0.2, -0.1, 0.3] },
  { pattern: "26 to 80 words", weights: [-0.3, 0, 0.3] },
  { pattern: "over 80 words", weights: [0.4, -0.8, 0.5] },
  { pattern: "no number", weights: [0.5, -0.9, 0.4] },
  { pattern: "several numbers", weights: [-0.6, 0.9, -0.3] },
  { pattern: "a year", weights: [0.1, -0.1, 0] },
  { pattern: "operators between operands", weights: [-0.7, 0.6, 0.1] },
  { pattern: "mostly numbers and symbols", weights: [-1.2, 1.1, 0.1] },
  { pattern: "percentages", weights: [-0.1, 0.5, -0.4] },
  { pattern: "amounts of money", weights: [0.2, 0.1, -0.3] },
  { pattern: "an equation", weights: [-0.2, 0.1, 0.1] },
  { pattern: "mathematical notation", weights: [-0.4, -0.7, 1.1] },
  { pattern: "a table schema", weights: [-0.7, 1.3, -0.6] },
  { pattern: "table rows", weights: [-0.3, -0.2, 0.5] },
  { pattern: "code marks", weights: [-0.3, -0.6, 0.9] },
  { pattern: "answer options", weights: [-0.1, 0, 0.1] },
  { pattern: "a question mark", weights: [-0.4, 0.1, 0.3] },
  { pattern: "quoted words", weights: [0.3, -0.5, 0.2] },
  { pattern: "many lines", weights: [1.3, -0.9, -0.5] },
  { pattern: "a pasted text", weights: [-0.3, -0.5, 0.8] },
  { pattern: "a pasted text to rework", weights: [0.7, -0.3, -0.4] },
  { pattern: "a pasted text to read", weights: [0.6, 0, -0.5] },
  { pattern: "something to build", weights: [0, -0.1, 0.1] },
  { pattern: "something to build in a named technology", weights: [-0.1, -0.2, 0.2] },
  { pattern: "a creative piece to write", weights: [-0.7, -0.3, 1] },
  { pattern: "a short text to write", weights: [0.4, -0.2, -0.3] },
  { pattern: "a quantity asked of given numbers", weights: [-0.7, 1.2, -0.5] },
  { pattern: "a story with numbers", weights: [-0.2, 0.5, -0.3] },
  { pattern: "a calculation verb with numbers", weights: [-0.3, -0.1, 0.4] },
  { pattern: "a short line with numbers", weights: [0.2, 0.4, -0.6] },
  { pattern: "a command with a number", weights: [0.5, -0.4, -0.1] },
  { pattern: "a data question", weights: [-0.6, 1.2, -0.6] },
  { pattern: "short and without task words", weights: [0.5, -0.3, -0.2] },
  { pattern: "several demands at once", weights: [-0.2, -0.3, 0.5] },
];
