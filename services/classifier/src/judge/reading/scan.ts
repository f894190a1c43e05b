import { MOST_UNITS } from "../excerpt.ts";
import { FOLDED, KIND, KINDS } from "./characters.ts";

const ROOM = MOST_UNITS + 1;

/**
 * A text as folded units and tokens. There is one, which the next scan overwrites: judging a prompt allocates nothing
 * that grows with it.
 */
export const scanned = {
  units: new Uint16Array(ROOM),
  length: 0,
  tokens: 0,
  starts: new Int32Array(ROOM),
  ends: new Int32Array(ROOM),
  /** By `KIND`. Words and numbers are runs; every symbol and every ideograph is a token of its own. */
  kinds: new Uint8Array(ROOM),
  /** 1: stands directly behind the token before it. */
  isGlued: new Uint8Array(ROOM),
  /** The line each token is on, counted without empty lines. */
  lines: new Int32Array(ROOM),
  lineCount: 0,
  capitals: 0,
  letters: 0,
};

/** Reads a text. Total for any string; of one longer than any excerpt, the beginning. */
export function scan(text: string): void {
  scanned.length = 0;
  scanned.tokens = 0;
  scanned.lineCount = 0;
  scanned.capitals = 0;
  scanned.letters = 0;
  scanUnits(text, Math.min(text.length, MOST_UNITS));
}

const LINE_BREAK = 10;
const DOT = 46;
const COMMA = 44;

function scanUnits(text: string, end: number): void {
  const { units, starts, ends, kinds, isGlued, lines } = scanned;
  let length = 0;
  let tokens = 0;
  let kindBefore: number = KIND.space;
  let line = 0;
  let isLineEmpty = true;
  for (let index = 0; index < end; index += 1) {
    const unit = text.charCodeAt(index);
    const kind = KINDS[unit] as number;
    if (kind === KIND.space) {
      if (unit === LINE_BREAK) {
        if (!isLineEmpty) line += 1;
        isLineEmpty = true;
      }
      kindBefore = KIND.space;
      continue;
    }
    if (kind === KIND.dropped) continue;
    isLineEmpty = false;
    const folded = FOLDED[unit] as number;
    if (kind === KIND.letter) {
      scanned.letters += 1;
      if (folded !== unit && unit < 0x5b) scanned.capitals += 1;
    }
    units[length] = folded;
    length += 1;
    if (kind === kindBefore && (kind === KIND.letter || kind === KIND.digit)) {
      ends[tokens - 1] = length;
      continue;
    }
    if (kind === KIND.digit && continuesNumber(tokens, kindBefore)) {
      tokens -= 1;
      ends[tokens - 1] = length;
      kindBefore = kind;
      continue;
    }
    starts[tokens] = length - 1;
    ends[tokens] = length;
    kinds[tokens] = kind;
    isGlued[tokens] = kindBefore === KIND.space ? 0 : 1;
    lines[tokens] = line;
    tokens += 1;
    kindBefore = kind;
  }
  scanned.length = length;
  scanned.tokens = tokens;
  scanned.lineCount = isLineEmpty ? line : line + 1;
}

/** `1,234.5` is one number: digits, a mark that is glued to them, and digits glued to it. */
function continuesNumber(tokens: number, kindBefore: number): boolean {
  const { units, starts, kinds, isGlued } = scanned;
  if (kindBefore !== KIND.symbol || tokens < 2 || isGlued[tokens - 1] !== 1) return false;
  const mark = units[starts[tokens - 1] as number];
  return (mark === DOT || mark === COMMA) && kinds[tokens - 2] === KIND.digit;
}
