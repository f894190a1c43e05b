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
  /** How many tokens do. */
  asked: 0,
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
  zones.asked = 0;
  for (let token = 0; token < tokens; token += 1) zones.asked += isAsked[token] as number;
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
