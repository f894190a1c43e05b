import type { WordKind } from "./lexicon/lexicon.ts";
import { findKinds, found, SIDE_KINDS, WORD_KINDS } from "./lexicon/word-trie.ts";
import { KIND } from "./reading/characters.ts";
import { scanned } from "./reading/scan.ts";
import { givenBehind, restoreZones, zones } from "./reading/zones.ts";

const KINDS = WORD_KINDS.length;
export const PLACES = Object.fromEntries(WORD_KINDS.map((kind, index) => [kind, index])) as Record<
  WordKind,
  number
>;

/** Words by kind, of the text scanned last: in its instruction, in what is given, and among those that open it. */
export const words = {
  asked: new Float64Array(KINDS),
  given: new Float64Array(KINDS),
  opens: new Uint8Array(KINDS),
  /** By which a prompt may speak of its own label, agree, or thank: they are no signals. */
  side: { steering: false, consent: false, thanks: false },
};

/** Words that open a request stand among its first tokens. */
const OPENING_TOKENS = 5;
/** An instruction that leaves so many words or fewer outside of quotations is quoted itself. */
const LEAST_WORDS = 3;

/** Divides the text into instruction and what is given, and counts the words of both. */
export function findWords(): void {
  countWords();
  const { asked, opens } = words;
  const reworks = (of: Float64Array | Uint8Array) =>
    (of[PLACES.transform] as number) + (of[PLACES.extract] as number) > 0;
  if (zones.askedWords <= LEAST_WORDS && zones.asked < scanned.tokens && !reworks(asked)) {
    restoreZones();
    countWords();
  } else if (reworks(opens) && givenBehind()) countWords();
}

function countWords(): void {
  const { asked, given, opens, side } = words;
  asked.fill(0);
  given.fill(0);
  opens.fill(0);
  side.steering = false;
  side.consent = false;
  side.thanks = false;
  zones.askedWords = 0;
  const { kinds, tokens } = scanned;
  for (let token = 0; token < tokens; token += 1) {
    if (kinds[token] === KIND.symbol) continue;
    const isAsked = zones.isAsked[token] === 1;
    if (isAsked) zones.askedWords += 1;
    findKinds(token);
    if (found.low === 0 && found.high === 0) continue;
    const isOpening =
      isAsked &&
      (token < OPENING_TOKENS || (token >= zones.lastLine && token < zones.lastLine + OPENING_TOKENS));
    countFound(isAsked ? asked : given, isOpening);
  }
}

/** Counts each kind of word found last, one bit after another. */
function countFound(counted: Float64Array, isOpening: boolean): void {
  for (let half = 0; half < 2; half += 1) {
    for (let rest = half === 0 ? found.low : found.high; rest !== 0; rest &= rest - 1) {
      const kind = half * 32 + 31 - Math.clz32(rest & -rest);
      if (kind >= KINDS) noteSide(kind);
      else {
        counted[kind] = (counted[kind] as number) + 1;
        if (isOpening) words.opens[kind] = 1;
      }
    }
  }
}

function noteSide(kind: number): void {
  const name = SIDE_KINDS[kind - KINDS];
  if (name !== undefined) words.side[name] = true;
}

/** Kinds of word that do not make a short turn a question of its own. */
const VAGUE: ReadonlySet<WordKind> = new Set<WordKind>([
  "why",
  "numberWord",
  "brief",
  "given",
  "constraint",
  "chat",
  "depth",
  "make",
]);
const isVague = WORD_KINDS.map((kind) => VAGUE.has(kind));
const SHORT_UNITS = 24;

/**
 * Whether the turn read last asks for nothing of its own: "and the second one?", "yes please, go ahead and do that". One
 * of more than a few words has to agree to something; thanks alone follow up nothing.
 */
export function isFollowUp(units: number): boolean {
  const { consent, thanks } = words.side;
  if ((thanks && !consent) || zones.askedWords === 0) return false;
  if (words.asked.some((count, kind) => count > 0 && isVague[kind] === false)) return false;
  return units <= SHORT_UNITS || consent;
}

/** Words of work that is COMPLEX where it is asked for. */
export const HARD_KINDS: readonly WordKind[] = [
  "proof",
  "design",
  "plan",
  "program",
  "debug",
  "analyse",
  "creative",
  "depth",
  "logic",
];
const TASK_KINDS: readonly WordKind[] = [
  ...HARD_KINDS.filter((kind) => kind !== "depth"),
  ...(["make", "calculate", "quantity", "data"] as const),
];
const TASK = TASK_KINDS.map((kind) => PLACES[kind]);

/** Whether the text read last opens with a task of its own. */
export function opensTask(): boolean {
  return TASK.some((kind) => words.opens[kind] === 1);
}
