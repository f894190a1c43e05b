import { KIND, MARK, MARKS } from "./characters.ts";
import { scanned } from "./scan.ts";
import { zones } from "./zones.ts";

/** What can be counted without knowing a language. There is one, which the next `countStructure` overwrites. */
export const counts = {
  words: 0,
  numbers: 0,
  quantities: 0,
  askedNumbers: 0,
  /** Behind the first colon of the first line. */
  numbersBehindColon: 0,
  hasColon: 0,
  bigNumbers: 0,
  years: 0,
  operations: 0,
  percents: 0,
  currencies: 0,
  equals: 0,
  maths: 0,
  latex: 0,
  schemas: 0,
  codeMarks: 0,
  brackets: 0,
  questions: 0,
  askedQuestions: 0,
  quotes: 0,
  sentences: 0,
  commas: 0,
  symbols: 0,
  singleLetters: 0,
  longWords: 0,
  options: 0,
  bullets: 0,
  numbered: 0,
  tableLines: 0,
  codeLines: 0,
  ideographs: 0,
};

const code = (text: string) => text.charCodeAt(0);
const [PERCENT, EQUALS, COMMA, BACKSLASH, DOLLAR, PIPE, OPEN, CLOSE, DOT, MINUS, COLON, X, STAR, BULLET] = [
  ..."%=,\\$|().-:x*•",
].map(code) as number[];
const LINE_ENDS = new Set([..."{};"].map(code));

/** Counts over all that was scanned. */
export function countStructure(): void {
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] = 0;
  let pipes = 0;
  for (let token = 0; token < scanned.tokens; token += 1) {
    const isFirst = token === 0 || scanned.lines[token] !== scanned.lines[token - 1];
    if (isFirst) {
      pipes = 0;
      countLineStart(token);
    }
    const kind = scanned.kinds[token];
    if (kind === KIND.letter) countWord(token);
    else if (kind === KIND.digit) countNumber(token);
    else if (kind === KIND.ideograph) counts.ideographs += 1;
    else {
      if (unitAt(token) === PIPE) {
        pipes += 1;
        if (pipes === 2) counts.tableLines += 1;
      }
      countSymbol(token);
    }
  }
  // A run of letters without spaces holds about one word per two letters.
  counts.words += Math.ceil(counts.ideographs / 2);
}

/** The first unit of a token; 0 where there is none. */
function unitAt(token: number): number {
  return token < 0 || token >= scanned.tokens
    ? 0
    : (scanned.units[scanned.starts[token] as number] as number);
}

function lengthOf(token: number): number {
  return (scanned.ends[token] as number) - (scanned.starts[token] as number);
}

function kindAt(token: number): number {
  return token < 0 || token >= scanned.tokens ? KIND.space : (scanned.kinds[token] as number);
}

function marksAt(token: number): number {
  return kindAt(token) === KIND.symbol ? (MARKS[unitAt(token)] as number) : 0;
}

function isGluedAt(token: number): boolean {
  return token < scanned.tokens && scanned.isGlued[token] === 1;
}

function countWord(token: number): void {
  counts.words += 1;
  const length = lengthOf(token);
  if (length === 1) counts.singleLetters += 1;
  else if (length >= 9) counts.longWords += 1;
  if (unitAt(token) === X && length === 1) countOperation(token);
  // `orders(id, customer_id, …`: a name, a bracket, and names with commas between.
  if (unitAt(token + 1) !== OPEN || !isGluedAt(token + 1) || kindAt(token + 2) !== KIND.letter) return;
  if (unitAt(token + 3) === COMMA && kindAt(token + 4) === KIND.letter) counts.schemas += 1;
}

/** Written behind a number without making it an amount: times of day and ordinals. */
const NO_UNITS = new Set(
  ["am", "pm", "th", "st", "nd", "rd"].map((word) => code(word) * 128 + word.charCodeAt(1)),
);

function countNumber(token: number): void {
  counts.numbers += 1;
  if (zones.isAsked[token] === 1) counts.askedNumbers += 1;
  counts.numbersBehindColon += counts.hasColon;
  const length = lengthOf(token);
  if (length >= 5) counts.bigNumbers += 1;
  if (isYear(token, length)) {
    counts.years += 1;
    return;
  }
  const next = token + 1;
  if (isGluedAt(next) && kindAt(next) === KIND.letter && lengthOf(next) === 2) {
    const second = scanned.units[(scanned.starts[next] as number) + 1] as number;
    if (NO_UNITS.has(unitAt(next) * 128 + second)) return;
  }
  // Part of a name such as A320.
  if (isGluedAt(token) && kindAt(token - 1) === KIND.letter) return;
  counts.quantities += 1;
}

function isYear(token: number, length: number): boolean {
  if (length !== 4) return false;
  const start = scanned.starts[token] as number;
  const first = scanned.units[start] as number;
  const second = scanned.units[start + 1] as number;
  if (first !== code("1") && !(first === code("2") && second === code("0"))) return false;
  const bound = MARK.operator | MARK.currency | MARK.bracket;
  return ((marksAt(token - 1) | marksAt(token + 1)) & bound) === 0 && unitAt(token + 1) !== PERCENT;
}

/** A colon among so many first tokens may part an instruction from what it is about: "Extract the dates: …". */
const COLON_TOKENS = 24;

function countSymbol(token: number): void {
  counts.symbols += 1;
  const unit = unitAt(token);
  const marks = MARKS[unit] as number;
  if (unit === COLON && token < COLON_TOKENS && scanned.lines[token] === 0) counts.hasColon = 1;
  if (unit === COMMA) counts.commas += 1;
  else if (unit === PERCENT) counts.percents += kindAt(token - 1) === KIND.digit ? 1 : 0;
  else if (unit === EQUALS) counts.equals += 1;
  if (marks === 0) return;
  if (marks & MARK.maths) counts.maths += 1;
  if (marks & MARK.quote) counts.quotes += 1;
  if (marks & MARK.code) counts.codeMarks += 1;
  if (marks & MARK.question) {
    counts.questions += 1;
    if (zones.isAsked[token] === 1) counts.askedQuestions += 1;
  }
  if (marks & MARK.sentenceEnd) counts.sentences += 1;
  if (marks & MARK.bracket) counts.brackets += 1;
  if (marks & MARK.operator) countOperation(token);
  if (marks & MARK.currency && (kindAt(token - 1) === KIND.digit || kindAt(token + 1) === KIND.digit))
    counts.currencies += 1;
  // `\alpha`, or a variable in dollars: `$G$`.
  if (isGluedAt(token + 1) && kindAt(token + 1) === KIND.letter) {
    if (unit === BACKSLASH || (unit === DOLLAR && lengthOf(token + 1) === 1)) counts.latex += 1;
  }
}

/** An operator with an operand on either side: `12 * 7`, `6x + 75`, `(2) / 3`. */
function countOperation(token: number): void {
  const left = token - 1;
  const right = token + 1;
  if (unitAt(token) === X && !(kindAt(left) === KIND.digit && kindAt(right) === KIND.digit)) return;
  if (!isOperand(left, CLOSE) || !(isOperand(right, OPEN) || unitAt(right) === MINUS)) return;
  const isAmbiguous = (marksAt(token) & MARK.ambiguous) !== 0;
  if (isAmbiguous && isGluedAt(token) !== isGluedAt(right)) return;
  if (isAmbiguous && isGluedAt(token) && kindAt(left) === KIND.digit && isLabel(token)) return;
  counts.operations += 1;
}

function isOperand(token: number, bracket: number | undefined): boolean {
  const kind = kindAt(token);
  return kind === KIND.digit || (kind === KIND.letter && lengthOf(token) === 1) || unitAt(token) === bracket;
}

/** `3/4/2020`, `2023-118`, `555-0199-20`: glued, and chained or long. */
function isLabel(token: number): boolean {
  if ((marksAt(token - 2) | marksAt(token + 2)) & MARK.ambiguous) return true;
  return lengthOf(token - 1) >= 4 || (kindAt(token + 1) !== KIND.space && lengthOf(token + 1) >= 4);
}

/** Lists, answer options and lines of code, by how a line begins and how the one before it ended. */
function countLineStart(token: number): void {
  if (token > 0 && LINE_ENDS.has(unitAt(token - 1))) counts.codeLines += 1;
  const unit = unitAt(token);
  if (unit === MINUS || unit === STAR || unit === BULLET) {
    counts.bullets += 1;
    return;
  }
  const name = unit === OPEN ? token + 1 : token;
  const mark = unitAt(name + 1);
  if (mark !== DOT && mark !== CLOSE && mark !== COLON) return;
  if (kindAt(name) === KIND.digit) counts.numbered += 1;
  else if (kindAt(name) === KIND.letter && lengthOf(name) === 1) counts.options += 1;
}
