import { KIND } from "./characters.ts";
import { scanned } from "./scan.ts";

/** Texts of up to so many units are instruction from end to end. */
const INSTRUCTION_UNITS = 360;
const EDGE_UNITS = 240;
/**
 * Where the instruction stands: not in quotations, nor in the middle of a long text. There is one, which the next
 * `findZones` overwrites.
 */
export const zones = {
  /** By token: 1 where it belongs to the instruction, 0 where it is given to work on. */
  isAsked: new Uint8Array(scanned.kinds.length),
  /** How many tokens do, and how many of these are words or numbers. */
  asked: 0,
  askedWords: 0,
  /** The first token of the last line. */
  lastLine: 0,
  /** A long text with a short line before or behind it. */
  isPasted: false,
  /** Tokens in quotations that were left out. */
  quoted: 0,
};

/** Divides what was scanned last. */
export function findZones(): void {
  const { tokens, starts, ends, lines, length } = scanned;
  const { isAsked } = zones;
  let last = tokens - 1;
  while (last > 0 && lines[last - 1] === lines[tokens - 1]) last -= 1;
  zones.lastLine = Math.max(0, last);
  zones.isPasted = false;
  isAsked.fill(1, 0, tokens);
  if (length > INSTRUCTION_UNITS) {
    let head = 0;
    while (head < tokens && lines[head] === lines[0] && (ends[head] as number) <= EDGE_UNITS) head += 1;
    const isHeadShort = head < tokens && lines[head] !== lines[0];
    let tail = tokens - 1;
    while (tail > last && length - (starts[tail] as number) < EDGE_UNITS) tail -= 1;
    const isTailShort = last > 0 && tail === last;
    zones.isPasted = isHeadShort || isTailShort;
    if (tail > head) isAsked.fill(0, head, tail);
  }
  leaveOutQuotations();
  leaveOutFences();
  leaveOutTags();
  countAsked();
}

function countAsked(): void {
  zones.asked = 0;
  for (let token = 0; token < scanned.tokens; token += 1) zones.asked += zones.isAsked[token] as number;
}

/** Takes all for instruction: what was left out is the request itself, in quotes or in a field. */
export function restoreZones(): void {
  zones.isAsked.fill(1, 0, scanned.tokens);
  zones.quoted = 0;
  countAsked();
}

/** A colon among so many first tokens parts an instruction from what it is about. */
const HEAD_TOKENS = 24;
const LEAST_GIVEN = 8;
/** A last line of up to so many tokens may still be instruction. */
const LAST_TOKENS = 15;

/**
 * Behind an instruction that opens a text and works on one, all is given: behind its line, or behind its colon. False when
 * there is no such part.
 */
export function givenBehind(): boolean {
  const { tokens, lines } = scanned;
  let cut = 0;
  while (cut < tokens && lines[cut] === lines[0] && cut < LONGEST_HEAD) cut += 1;
  if (cut === tokens || cut === LONGEST_HEAD) {
    cut = 0;
    while (cut < Math.min(tokens, HEAD_TOKENS) && unitAt(cut) !== COLON) cut += 1;
    if (cut === HEAD_TOKENS || cut >= tokens) return false;
    cut += 1;
  }
  const isLastAsked = zones.lastLine > cut && tokens - zones.lastLine <= LAST_TOKENS;
  const end = isLastAsked ? zones.lastLine : tokens;
  if (end - cut < LEAST_GIVEN) return false;
  zones.isAsked.fill(0, cut, end);
  countAsked();
  return true;
}

const LONGEST_HEAD = 60;
const [COLON, BACKTICK, LESS, GREATER, SLASH] = [...":`<>/"].map((mark) => mark.charCodeAt(0)) as [
  number,
  number,
  number,
  number,
  number,
];

function unitAt(token: number): number {
  return token < scanned.tokens ? (scanned.units[scanned.starts[token] as number] as number) : 0;
}

const FENCED_TOKENS = 8;

/** What stands between two rows of three backticks. */
function leaveOutFences(): void {
  let open = -1;
  for (let token = 0; token + 2 < scanned.tokens; token += 1) {
    if (unitAt(token) !== BACKTICK || unitAt(token + 1) !== BACKTICK || unitAt(token + 2) !== BACKTICK)
      continue;
    if (open >= 0 && token - open > FENCED_TOKENS) zones.isAsked.fill(0, open, token);
    open = open < 0 ? token + 3 : -1;
    token += 2;
  }
}

/** Elements looked for; more would make the cost depend on a hostile text. */
const MOST_TAGS = 4;

/** What stands between `<name>` and `</name>`. */
function leaveOutTags(): void {
  const { tokens } = scanned;
  let tags = 0;
  for (let token = 0; token + 2 < tokens && tags < MOST_TAGS; token += 1) {
    if (unitAt(token) !== LESS || unitAt(token + 2) !== GREATER) continue;
    tags += 1;
    for (let end = token + 3; end + 2 < tokens; end += 1) {
      if (unitAt(end) !== LESS || unitAt(end + 1) !== SLASH || !isSameWord(token + 1, end + 2)) continue;
      if (end - token > FENCED_TOKENS) zones.isAsked.fill(0, token + 3, end);
      token = end;
      break;
    }
  }
}

function isSameWord(left: number, right: number): boolean {
  const { starts, ends, units } = scanned;
  const length = (ends[left] as number) - (starts[left] as number);
  if (length !== (ends[right] as number) - (starts[right] as number)) return false;
  for (let index = 0; index < length; index += 1) {
    if (units[(starts[left] as number) + index] !== units[(starts[right] as number) + index]) return false;
  }
  return true;
}

const QUOTED_TOKENS = 4;
/** How a quotation ends that begins with the mark on the left. */
const CLOSING = new Map(
  ['""', "“”", "«»", "„“", "「」", "””"].map((pair) => [pair.charCodeAt(0), pair.charCodeAt(1)]),
);

/** What is quoted at some length is given to work on; a quoted word or two belong to the instruction. */
function leaveOutQuotations(): void {
  zones.quoted = 0;
  const { tokens, kinds } = scanned;
  let open = -1;
  let closing = 0;
  for (let token = 0; token < tokens; token += 1) {
    if (kinds[token] !== KIND.symbol) continue;
    const unit = scanned.units[scanned.starts[token] as number] as number;
    if (open >= 0 && unit === closing) {
      if (token - open > QUOTED_TOKENS) {
        zones.isAsked.fill(0, open + 1, token);
        zones.quoted += token - open;
      }
      open = -1;
    } else if (open < 0 && CLOSING.has(unit)) {
      open = token;
      closing = CLOSING.get(unit) as number;
    }
  }
}
