import type { Evidence } from "./evidence.ts";

/** A signal made of structure, or of words in company; its strength is 0 to 1. */
export type Pattern = (evidence: Evidence) => number;

const yes = (condition: boolean): number => (condition ? 1 : 0);
const upTo = (limit: number, count: number): number => Math.min(1, count / limit);
const word = (evidence: Evidence, kind: string): number => evidence.words.get(kind) ?? 0;
const both = (evidence: Evidence, left: string, right: string): number =>
  Math.min(word(evidence, left), word(evidence, right));
const between = (from: number, to: number) => (evidence: Evidence) =>
  yes(evidence.structure.words >= from && evidence.structure.words <= to);

export const PATTERNS = {
  "up to 4 words": between(0, 4),
  "5 to 10 words": between(5, 10),
  "11 to 25 words": between(11, 25),
  "26 to 80 words": between(26, 80),
  "over 80 words": between(81, Number.POSITIVE_INFINITY),
  "no number": ({ structure }) => yes(structure.quantities + structure.operations === 0),
  "several numbers": ({ structure }) => upTo(4, Math.max(0, structure.quantities - 1)),
  "a year": ({ structure }) => yes(structure.years > 0 && structure.quantities === 0),
  "operators between operands": ({ structure }) => upTo(2, structure.operations),
  "mostly numbers and symbols": ({ structure }) =>
    yes(structure.operations > 2 || (structure.symbolShare > 0.5 && structure.quantities > 0)),
  percentages: ({ structure }) => yes(structure.percents > 0),
  "amounts of money": ({ structure }) => yes(structure.currencies > 0 && structure.latex === 0),
  "an equation": ({ structure }) => yes(structure.equals > 0 && structure.codeMarks === 0),
  "mathematical notation": ({ structure }) => upTo(2, structure.mathSymbols + structure.latex),
  "a table schema": ({ structure }) => yes(structure.schemas > 0),
  "table rows": ({ structure }) => upTo(3, structure.tableLines),
  "code marks": ({ structure }) => upTo(6, structure.codeMarks),
  "answer options": ({ structure }) => upTo(2, Math.max(0, structure.options - 1)),
  "a question mark": ({ structure }) => yes(structure.questionMarks > 0),
  "quoted words": ({ structure }) => yes(structure.quotes > 0),
  "many lines": ({ structure }) => upTo(8, structure.lines - 1),
  "a pasted text": ({ isPasted }) => yes(isPasted),
  "a pasted text to rework": (evidence) => yes(evidence.isPasted) * word(evidence, "transform"),
  "a pasted text to read": (evidence) => yes(evidence.isPasted) * word(evidence, "extract"),
  "something to build": (evidence) => both(evidence, "make", "artefact"),
  "something to build in a named technology": (evidence) => both(evidence, "make", "technology"),
  "a creative piece to write": (evidence) => both(evidence, "make", "creative"),
  "a short text to write": (evidence) => both(evidence, "make", "smallText"),
  "a quantity asked of given numbers": (evidence) =>
    word(evidence, "quantity") * upTo(2, evidence.structure.quantities + word(evidence, "numberWord")),
  "a story with numbers": (evidence) =>
    word(evidence, "wordProblem") * upTo(2, evidence.structure.quantities),
  "a calculation verb with numbers": (evidence) =>
    word(evidence, "calculate") * yes(evidence.structure.quantities > 0),
  "a short line with numbers": ({ structure }) => yes(structure.words <= 10 && structure.quantities > 0),
  "a command with a number": (evidence) => word(evidence, "command") * yes(evidence.structure.quantities > 0),
  "a data question": (evidence) => word(evidence, "data") * yes(evidence.structure.schemas > 0),
  "short and without task words": (evidence) =>
    yes(
      evidence.structure.words <= 10 && evidence.structure.quantities + evidence.structure.operations === 0,
    ) *
    (1 - Math.max(...HARD.map((kind) => word(evidence, kind)))),
  "several demands at once": (evidence) =>
    upTo(3, Math.max(0, HARD.filter((kind) => word(evidence, kind) > 0).length - 1)) *
    yes(!evidence.isPasted),
} satisfies Record<string, Pattern>;

const HARD = ["proof", "design", "plan", "program", "debug", "analyse", "creative", "depth", "logic"];
