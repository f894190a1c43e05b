import { KIND, MARK, MARKS } from "./reading/characters.ts";
import { scanned } from "./reading/scan.ts";
import { zones } from "./reading/zones.ts";

/** Size of the space that words and pairs of words are hashed into. */
const BUCKET_BITS = 15;
export const BUCKETS = 1 << BUCKET_BITS;
const MOST = 2_048;

/** The distinct buckets of the text scanned last; overwritten by the next. */
export const buckets = { ids: new Int32Array(MOST), count: 0 };

const stamps = new Uint32Array(BUCKETS);
let stamp = 0;

function emit(hash: number): void {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  const bucket = (mixed ^ (mixed >>> 13)) & (BUCKETS - 1);
  if (stamps[bucket] === stamp || buckets.count >= MOST) return;
  stamps[bucket] = stamp;
  buckets.ids[buckets.count] = bucket;
  buckets.count += 1;
}

const PAIR = 0x85ebca6b;
const OPENING = 0x51ed270b;
const OPENING_PAIR = 0x3c6ef372;
const LAST_LINE = 0x1b873593;
const GIVEN = 0x7feb352d;
const SENTENCE = 0x2545f491;
const SENTENCE_PAIR = 0x5bd1e995;
const STEM = 0x68e31da4;
const STEM_UNITS = 5;
const ENDS = MARK.sentenceEnd | MARK.code | MARK.quote;

/** Hashes the words of the instruction, their stems, their pairs and the opening; of a given text the words alone. */
export function readBuckets(): void {
  stamp = (stamp + 1) >>> 0;
  if (stamp === 0) {
    stamps.fill(0);
    stamp = 1;
  }
  buckets.count = 0;
  const { tokens, kinds } = scanned;
  const last = zones.lastLine;
  let before = 0;
  let spoken = 0;
  let inSentence = 0;
  for (let token = 0; token < tokens; token += 1) {
    const kind = kinds[token] as number;
    const isAsked = zones.isAsked[token] === 1;
    const hash = hashOf(token, kind);
    if (token > 0 && scanned.lines[token] !== scanned.lines[token - 1]) inSentence = 0;
    if (!isAsked) {
      before = 0;
      inSentence = 0;
      if (kind === KIND.letter) emit(hash ^ GIVEN);
      continue;
    }
    emit(hash);
    if (kind === KIND.symbol) {
      if ((MARKS[scanned.units[scanned.starts[token] as number] as number] as number) & ENDS) inSentence = 0;
      continue;
    }
    if (inSentence === 0) emit(hash ^ SENTENCE);
    else if (inSentence === 1) emit(Math.imul(before, SENTENCE_PAIR) ^ hash);
    inSentence += 1;
    if (before !== 0) emit(Math.imul(before, PAIR) ^ hash);
    if (spoken === 0) emit(hash ^ OPENING);
    else if (spoken === 1) emit(Math.imul(before, OPENING_PAIR) ^ hash);
    if (token === last && last > 0) emit(hash ^ LAST_LINE);
    before = hash;
    spoken += 1;
  }
}

/** FNV-1a over a word, and over its beginning; numbers count by their length, not by their value. */
function hashOf(token: number, kind: number): number {
  const start = scanned.starts[token] as number;
  const end = scanned.ends[token] as number;
  if (kind === KIND.digit) return 0x1000193 + Math.min(4, end - start);
  let hash = 0x811c9dc5;
  const stemEnd = start + STEM_UNITS;
  for (let index = start; index < end; index += 1) {
    if (index === stemEnd && end - start > STEM_UNITS + 1) emit(hash ^ STEM);
    hash = Math.imul(hash ^ (scanned.units[index] as number), 0x1000193);
  }
  return hash;
}
