import { FOLDED, KIND, KINDS } from "../reading/characters.ts";
import { scanned } from "../reading/scan.ts";
import { LEXICON, type WordKind } from "./lexicon.ts";
import { MORE_LANGUAGES } from "./more-languages.ts";
import { CONSENT_WORDS, THANKS_WORDS } from "./side-words.ts";
import { STEERING_WORDS } from "./steering-words.ts";
import { UNSPACED, type WordTable } from "./word-table.ts";

export const WORD_KINDS = Object.keys(LEXICON) as WordKind[];

/** Edges that stand for no single letter. Private-use units, which no entry holds. */
const ANY_ENDING = 0xe000;
const NEXT_WORD = 0xe001;
const NUMBER = 0xe002;

const ROOT = 0;
const UNSPACED_ROOT = 1;

/** The trie: an open-addressing table from (node, unit) to node, and what each node says. */
const TABLE_BITS = 17;
/** The node in the high half, the unit in the low one; 0 is free, since no entry holds the unit 0. */
const keys = new Int32Array(1 << TABLE_BITS);
const targets = new Int32Array(1 << TABLE_BITS);
const MOST_NODES = 1 << 16;
/** Bit by bit the kinds of word that end at a node: 32 to a number. */
const lowKinds = new Int32Array(MOST_NODES);
const highKinds = new Int32Array(MOST_NODES);
const hasEnding = new Uint8Array(MOST_NODES);
let nodes = 2;

function slotOf(node: number, unit: number): number {
  const key = (node << 16) | unit;
  let slot = Math.imul(key, 0x9e3779b1) >>> (32 - TABLE_BITS);
  while (keys[slot] !== 0 && keys[slot] !== key) slot = (slot + 1) & ((1 << TABLE_BITS) - 1);
  return slot;
}

/** Where each first letter leads: most words end here, without a look into the table. */
const firsts = new Int32Array(65_536).fill(-1);

/** −1 where there is none. */
function child(node: number, unit: number): number {
  const slot = slotOf(node, unit);
  return keys[slot] === 0 ? -1 : (targets[slot] as number);
}

function grow(node: number, unit: number): number {
  const slot = slotOf(node, unit);
  if (keys[slot] !== 0) return targets[slot] as number;
  if (nodes === MOST_NODES) throw new Error(`the lexicon has more than ${MOST_NODES} letters to tell apart`);
  keys[slot] = (node << 16) | unit;
  targets[slot] = nodes;
  if (unit === ANY_ENDING) hasEnding[node] = 1;
  if (node === ROOT) firsts[unit] = nodes;
  nodes += 1;
  return nodes - 1;
}

/** The kinds behind the last: words that are no signal of a class. */
export const SIDE_KINDS = ["steering", "consent", "thanks"] as const;
for (const [index, kind] of WORD_KINDS.entries()) {
  enter(LEXICON[kind], index);
  if (kind in MORE_LANGUAGES) enter(MORE_LANGUAGES[kind as keyof typeof MORE_LANGUAGES], index);
}
for (const [index, table] of [STEERING_WORDS, CONSENT_WORDS, THANKS_WORDS].entries())
  enter(table, WORD_KINDS.length + index);

function enter(table: WordTable, kind: number): void {
  for (const [language, entries] of Object.entries(table)) {
    for (const entry of entries.split(",")) {
      const end = UNSPACED.has(language) ? enterUnspaced(entry.trim()) : enterWords(entry);
      if (kind < 32) lowKinds[end] = (lowKinds[end] as number) | (1 << kind);
      else highKinds[end] = (highKinds[end] as number) | (1 << (kind - 32));
    }
  }
}

function enterUnspaced(entry: string): number {
  let node = UNSPACED_ROOT;
  for (let index = 0; index < entry.length; index += 1) node = grow(node, entry.charCodeAt(index));
  return node;
}

function enterWords(entry: string): number {
  let node = ROOT;
  let isBetween = false;
  for (let index = 0; index < entry.length; index += 1) {
    const unit = entry.charCodeAt(index);
    const kind = KINDS[unit];
    if (kind === KIND.dropped) continue;
    if (entry[index] === "*") node = grow(node, ANY_ENDING);
    else if (kind === KIND.letter || entry[index] === "#") {
      if (isBetween && node !== ROOT) node = grow(node, NEXT_WORD);
      node = grow(node, entry[index] === "#" ? NUMBER : (FOLDED[unit] as number));
    }
    isBetween = kind !== KIND.letter;
  }
  return node;
}

/** The kinds of word found by the last `findKinds`, as bits. */
export const found = { low: 0, high: 0 };

/** Which kinds of word begin at this token, alone or as the first of several. */
export function findKinds(token: number): void {
  found.low = 0;
  found.high = 0;
  const kind = scanned.kinds[token];
  if (kind === KIND.ideograph) walkUnspaced(token);
  else if (kind === KIND.digit) walkNumber(ROOT, token);
  else {
    const start = scanned.starts[token] as number;
    const node = firsts[scanned.units[start] as number] as number;
    if (node >= 0) walkWord(node, token, start + 1);
  }
}

function walkUnspaced(first: number): void {
  const { kinds, isGlued, starts, units, tokens } = scanned;
  let node = UNSPACED_ROOT;
  for (let token = first; token < tokens && kinds[token] === KIND.ideograph; token += 1) {
    if (token > first && isGlued[token] === 0) return;
    node = child(node, units[starts[token] as number] as number);
    if (node < 0) return;
    note(node);
  }
}

function walkNumber(from: number, token: number): void {
  const node = child(from, NUMBER);
  if (node >= 0) endWord(node, token);
}

function walkWord(from: number, token: number, start: number): void {
  const { units } = scanned;
  const end = scanned.ends[token] as number;
  let node = from;
  if (hasEnding[node] === 1) endWord(child(node, ANY_ENDING), token);
  for (let index = start; index < end; index += 1) {
    node = child(node, units[index] as number);
    if (node < 0) return;
    if (hasEnding[node] === 1) endWord(child(node, ANY_ENDING), token);
  }
  endWord(node, token);
}

function endWord(node: number, token: number): void {
  note(node);
  const next = child(node, NEXT_WORD);
  if (next < 0) return;
  const { kinds, tokens } = scanned;
  let behind = token + 1;
  while (behind < tokens && kinds[behind] === KIND.symbol) behind += 1;
  if (behind >= tokens || kinds[behind] === KIND.ideograph) return;
  if (kinds[behind] === KIND.digit) walkNumber(next, behind);
  else walkWord(next, behind, scanned.starts[behind] as number);
}

function note(node: number): void {
  found.low |= lowKinds[node] as number;
  found.high |= highKinds[node] as number;
}
