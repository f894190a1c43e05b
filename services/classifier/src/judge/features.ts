import { findWords, HARD_KINDS, PLACES, words } from "./find-words.ts";
import { KINDS_IN_WORDS } from "./lexicon/kinds-in-words.ts";
import type { WordKind } from "./lexicon/lexicon.ts";
import { WORD_KINDS } from "./lexicon/word-trie.ts";
import { scanned } from "./reading/scan.ts";
import { countStructure, counts } from "./reading/structure-counts.ts";
import { findZones, zones } from "./reading/zones.ts";

/** To be raised whenever the same text may have other features or buckets: weights of another version are refused. */
export const FEATURES_VERSION = "features-2";

const names: string[] = [];
function feature(name: string): number {
  names.push(name);
  return names.length - 1;
}

/** How strongly each kind of word shows, whether it opens the request, and how strongly in the text that is given. */
const WORDS = WORD_KINDS.map((kind) => feature(KINDS_IN_WORDS[kind]));
const OPENINGS = WORD_KINDS.map((kind) => feature(`opens: ${KINDS_IN_WORDS[kind]}`));
const GIVEN = WORD_KINDS.map((kind) => feature(`given text: ${KINDS_IN_WORDS[kind]}`));

const KINDS = WORD_KINDS.length;
const word = (kind: WordKind) => dense[PLACES[kind]] as number;
const upTo = (limit: number, value: number) => Math.min(1, value / limit);
const log = (value: number) => Math.log2(1 + value) / 8;
const yes = (condition: boolean) => (condition ? 1 : 0);
const both = (left: WordKind, right: WordKind) => Math.min(word(left), word(right));

const hard = () => HARD_KINDS.reduce((most, kind) => Math.max(most, word(kind)), 0);
const quantities = () => counts.quantities;

/** Structure, and words in company: each from 0 to about 1. */
const PATTERNS: readonly (readonly [string, () => number])[] = [
  ["length in words", () => log(counts.words)],
  ["words in the instruction", () => log(zones.asked)],
  ["up to 4 words", () => yes(counts.words <= 4)],
  ["5 to 10 words", () => yes(counts.words > 4 && counts.words <= 10)],
  ["11 to 25 words", () => yes(counts.words > 10 && counts.words <= 25)],
  ["26 to 80 words", () => yes(counts.words > 25 && counts.words <= 80)],
  ["over 80 words", () => yes(counts.words > 80)],
  ["lines", () => log(scanned.lineCount)],
  ["no number", () => yes(quantities() + counts.operations === 0)],
  ["several numbers", () => upTo(4, Math.max(0, quantities() - 1))],
  ["many numbers", () => log(counts.numbers)],
  ["share of numbers", () => counts.numbers / Math.max(1, scanned.tokens)],
  ["long numbers", () => upTo(3, counts.bigNumbers)],
  ["a year", () => yes(counts.years > 0 && quantities() === 0)],
  ["years", () => upTo(3, counts.years)],
  ["operators between operands", () => upTo(2, counts.operations)],
  ["many operators", () => log(counts.operations)],
  ["share of symbols", () => counts.symbols / Math.max(1, scanned.tokens)],
  [
    "mostly numbers and symbols",
    () => yes((counts.symbols + counts.numbers) * 2 > scanned.tokens && quantities() > 0),
  ],
  ["percentages", () => upTo(2, counts.percents)],
  ["amounts of money", () => upTo(2, counts.currencies) * yes(counts.latex === 0)],
  ["an equation", () => yes(counts.equals > 0 && counts.codeMarks === 0)],
  ["equal signs", () => upTo(4, counts.equals)],
  ["mathematical notation", () => upTo(2, counts.maths + counts.latex)],
  ["much mathematical notation", () => log(counts.maths + counts.latex)],
  ["variables", () => upTo(4, counts.singleLetters)],
  ["share of long words", () => counts.longWords / Math.max(1, counts.words)],
  ["a table schema", () => upTo(2, counts.schemas)],
  ["table rows", () => upTo(3, counts.tableLines)],
  ["code marks", () => upTo(6, counts.codeMarks)],
  ["lines of code", () => upTo(4, counts.codeLines)],
  ["brackets", () => log(counts.brackets)],
  ["answer options", () => upTo(2, Math.max(0, counts.options - 1))],
  ["a list of points", () => upTo(3, counts.bullets)],
  ["a numbered list", () => upTo(3, counts.numbered)],
  ["a question mark", () => yes(counts.questions > 0)],
  ["several questions", () => upTo(3, Math.max(0, counts.questions - 1))],
  ["sentences", () => log(counts.sentences)],
  ["commas", () => log(counts.commas)],
  ["quoted words", () => upTo(2, counts.quotes)],
  ["capital letters", () => scanned.capitals / Math.max(1, scanned.letters)],
  ["written without spaces", () => yes(counts.ideographs * 2 > scanned.tokens)],
  ["a long quotation", () => zones.quoted / Math.max(1, scanned.tokens)],
  ["share of instruction", () => zones.asked / Math.max(1, scanned.tokens)],
  ["numbers in the instruction", () => upTo(4, counts.askedNumbers)],
  ["no number in the instruction", () => yes(counts.askedNumbers === 0)],
  ["a colon in the first line", () => counts.hasColon],
  ["numbers behind a colon", () => upTo(4, counts.numbersBehindColon)],
  [
    "something to rework or to read behind a colon",
    () => counts.hasColon * Math.max(word("transform"), word("extract")),
  ],
  ["a question about a pasted text", () => yes(zones.isPasted && counts.askedQuestions > 0)],
  ["a pasted text and no hard task", () => yes(zones.isPasted) * (1 - hard())],
  ["a pasted text", () => yes(zones.isPasted)],
  ["a pasted text to rework", () => yes(zones.isPasted) * word("transform")],
  ["a pasted text to read", () => yes(zones.isPasted) * word("extract")],
  ["something to build", () => both("make", "artefact")],
  ["something to build in a named technology", () => both("make", "technology")],
  ["a creative piece to write", () => both("make", "creative")],
  ["a short text to write", () => both("make", "smallText")],
  ["a quantity asked of given numbers", () => word("quantity") * upTo(2, quantities() + word("numberWord"))],
  ["a story with numbers", () => word("wordProblem") * upTo(2, quantities())],
  ["a calculation verb with numbers", () => word("calculate") * yes(quantities() > 0)],
  ["a short line with numbers", () => yes(counts.words <= 10 && quantities() > 0)],
  ["a command with a number", () => word("command") * yes(quantities() > 0)],
  ["a data question", () => word("data") * yes(counts.schemas > 0)],
  [
    "short and without task words",
    () => yes(counts.words <= 10 && quantities() + counts.operations === 0) * (1 - hard()),
  ],
  ["a short answer about a given text", () => both("brief", "given")],
  ["a short answer and no hard task", () => word("brief") * (1 - hard())],
  [
    "a plan under constraints",
    () => Math.min(Math.max(word("plan"), word("make"), word("design")), word("constraint")),
  ],
  ["conditions", () => log(words.asked[PLACES.constraint] as number)],
  [
    "several demands at once",
    () => upTo(3, Math.max(0, HARD_KINDS.filter((kind) => word(kind) > 0).length - 1)) * yes(!zones.isPasted),
  ],
];
for (const [name] of PATTERNS) feature(name);

export const FEATURE_NAMES: readonly string[] = names;
/** The features of the text scanned last, 0 to about 1 each; overwritten by the next. */
export const dense = new Float32Array(names.length);

/** Reads the features of what was scanned last. */
export function readFeatures(): void {
  findZones();
  findWords();
  countStructure();
  for (let kind = 0; kind < KINDS; kind += 1) {
    const inside = words.asked[kind] as number;
    dense[WORDS[kind] as number] = inside === 0 ? 0 : Math.min(1, 0.5 + 0.2 * inside);
    dense[OPENINGS[kind] as number] = words.opens[kind] as number;
    dense[GIVEN[kind] as number] = Math.min(0.6, 0.15 * (words.given[kind] as number));
  }
  let place = KINDS * 3;
  for (const [, measure] of PATTERNS) {
    dense[place] = measure();
    place += 1;
  }
}
