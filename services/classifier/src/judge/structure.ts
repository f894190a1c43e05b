import type { Token } from "./tokens.ts";

/** What can be counted without knowing a language. */
export interface Structure {
  readonly words: number;
  readonly quantities: number;
  readonly years: number;
  readonly operations: number;
  readonly percents: number;
  readonly currencies: number;
  readonly equals: number;
  readonly mathSymbols: number;
  readonly latex: number;
  readonly schemas: number;
  readonly tableLines: number;
  readonly codeMarks: number;
  readonly options: number;
  readonly lines: number;
  readonly questionMarks: number;
  readonly quotes: number;
  /** Share of numbers and symbols among all tokens, 0 to 1. */
  readonly symbolShare: number;
}

const OPERATORS = new Set(["+", "*", "×", "÷", "^", "/", "-", "−", "·", "<", ">", "="]);
/** Between two numbers these also write dates, ranges and invoice numbers. */
const AMBIGUOUS = new Set(["/", "-"]);
const CURRENCIES = new Set(["$", "€", "£", "¥", "₹", "₽", "₩", "￥"]);
const MATH = new Set([..."∫∑∏√≤≥≠∞∀∃∈⊂∪∩∂∇²³ⁿπθ"]);
const QUOTES = new Set([...'"“”«»„「」']);
const CODE = new Set([..."{};`\\"]);
const BOOLEAN = new Set(["and", "or", "not", "true", "false", "xor"]);

export function measure(text: string, tokens: readonly Token[]): Structure {
  const count = (test: (token: Token, index: number) => boolean) => tokens.filter(test).length;
  const symbols = count(({ kind }) => kind !== "word");
  const textLines = text.split("\n").filter((line) => line.trim() !== "");
  return {
    words: tokens.reduce((sum, token) => sum + wordsIn(token), 0),
    quantities: count((_, index) => isQuantity(tokens, index)),
    years: count((_, index) => isYear(tokens, index)),
    operations: count((_, index) => isOperation(tokens, index)) + booleanOperations(tokens),
    percents: count(({ text: mark }, index) => mark === "%" && tokens[index - 1]?.kind === "number"),
    currencies: count(({ text: mark }, index) => CURRENCIES.has(mark) && isBesideNumber(tokens, index)),
    equals: count(({ text: mark }) => mark === "="),
    mathSymbols: count(({ text: mark }) => MATH.has(mark)),
    latex: count((_, index) => isLatex(tokens, index)),
    schemas: count((_, index) => isSchema(tokens, index)),
    tableLines: textLines.filter((line) => line.split("|", 3).length > 2 || line.split("\t", 3).length > 2)
      .length,
    codeMarks: count(({ text: mark }) => CODE.has(mark)),
    options: textLines.filter((line) => /^\s?(?:\([A-Ha-h]\)|[A-H][.):]|[-*•] )/.test(line)).length,
    lines: textLines.length,
    questionMarks: count(({ text: mark }) => mark === "?" || mark === "؟"),
    quotes: count(({ text: mark }) => QUOTES.has(mark)),
    symbolShare: tokens.length === 0 ? 0 : symbols / tokens.length,
  };
}

/** A run of letters without spaces in Chinese, Japanese or Thai holds about one word per two letters. */
function wordsIn(token: Token): number {
  if (token.kind === "symbol") return 0;
  return /^[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]/.test(token.text) ? Math.ceil(token.text.length / 2) : 1;
}

/** Written behind a number without making it an amount: times of day and ordinals. */
const NO_UNITS = new Set(["am", "pm", "th", "st", "nd", "rd"]);

/** A number that is neither a year, a time or an ordinal, nor part of a name such as A320. */
function isQuantity(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token?.kind !== "number" || isYear(tokens, index)) return false;
  const next = tokens[index + 1];
  if (next?.isGlued && NO_UNITS.has(next.text)) return false;
  return !(
    token.isGlued &&
    tokens[index - 1]?.kind === "word" &&
    /[a-z]$/.test(tokens[index - 1]?.text ?? "")
  );
}

function isYear(tokens: readonly Token[], index: number): boolean {
  const token = tokens[index];
  if (token?.kind !== "number" || token.text.length !== 4 || !/^(?:1\d|20)\d\d$/.test(token.text))
    return false;
  const around = [tokens[index - 1]?.text ?? "", tokens[index + 1]?.text ?? ""];
  return !around.some((mark) => OPERATORS.has(mark) || CURRENCIES.has(mark) || mark === "%" || mark === "(");
}

/** An operator with an operand on either side: `12 * 7`, `6x + 75`, `(2) / 3`. */
function isOperation(tokens: readonly Token[], index: number): boolean {
  const operator = tokens[index];
  const left = tokens[index - 1];
  const right = tokens[index + 1];
  if (operator === undefined || left === undefined || right === undefined) return false;
  const isTimes = operator.text === "x" && left.kind === "number" && right.kind === "number";
  if (!isTimes && !OPERATORS.has(operator.text)) return false;
  if (!isOperand(left, ")") || !(isOperand(right, "(") || right.text === "-")) return false;
  if (!AMBIGUOUS.has(operator.text)) return true;
  return (
    operator.isGlued === right.isGlued &&
    !(operator.isGlued && left.kind === "number" && isLabel(tokens, index))
  );
}

function isOperand(token: Token, bracket: "(" | ")"): boolean {
  return (
    token.kind === "number" || token.text === bracket || (token.kind === "word" && token.text.length === 1)
  );
}

/** `3/4/2020`, `2023-118`, `555-0199-20`: glued, and chained or long. */
function isLabel(tokens: readonly Token[], index: number): boolean {
  const isChained =
    AMBIGUOUS.has(tokens[index - 2]?.text ?? "") || AMBIGUOUS.has(tokens[index + 2]?.text ?? "");
  return (
    isChained || (tokens[index - 1]?.text.length ?? 0) >= 4 || (tokens[index + 1]?.text.length ?? 0) >= 4
  );
}

/** Truth-value expressions, counted only when there are enough of them to be no prose. */
function booleanOperations(tokens: readonly Token[]): number {
  const boolean = tokens.filter((token) => BOOLEAN.has(token.text)).length;
  return boolean >= 3 && boolean * 2 > tokens.length ? boolean : 0;
}

/** `\alpha`, or a variable in dollars: `$G$`. */
function isLatex(tokens: readonly Token[], index: number): boolean {
  const next = tokens[index + 1];
  if (next?.kind !== "word" || !next.isGlued) return false;
  return tokens[index]?.text === "\\" || (tokens[index]?.text === "$" && next.text.length === 1);
}

function isBesideNumber(tokens: readonly Token[], index: number): boolean {
  return tokens[index - 1]?.kind === "number" || tokens[index + 1]?.kind === "number";
}

/** `orders(id, customer_id, …`: a name, a bracket, and names with commas between. */
function isSchema(tokens: readonly Token[], index: number): boolean {
  const [name, bracket, first, comma, second] = tokens.slice(index, index + 5);
  if (name?.kind !== "word" || bracket?.text !== "(" || !bracket.isGlued) return false;
  return first?.kind === "word" && comma?.text === "," && second?.kind === "word";
}
