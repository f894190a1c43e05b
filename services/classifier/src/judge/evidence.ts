import { excerptOf, type JudgeInput } from "./excerpt.ts";
import { fold } from "./fold.ts";
import type { WordKind } from "./lexicon/lexicon.ts";
import { findHits, type Hit } from "./phrases.ts";
import { withoutSteering } from "./steering.ts";
import { measure, type Structure } from "./structure.ts";
import { tokenize } from "./tokens.ts";

/** How strongly each signal shows, 0 to 1; signals that do not show are absent. */
export interface Evidence {
  /** By kind of word, wherever the words stand. */
  readonly words: ReadonlyMap<string, number>;
  /** Kinds of word that open the request or its last line. */
  readonly openings: ReadonlySet<string>;
  readonly structure: Structure;
  /** A text to work on, with a short instruction before or behind it. */
  readonly isPasted: boolean;
}

/** Texts of up to so many units are instruction from end to end. */
const INSTRUCTION_UNITS = 360;
const EDGE_UNITS = 240;
const OPENING_UNITS = 28;

/** Everything the rules know about a conversation. */
export function evidenceOf(input: JudgeInput): Evidence {
  const excerpt = excerptOf(input);
  const task = withoutSteering(excerpt.text);
  const alone = read(task);
  const isClear = excerpt.context === "" || alone.hits.some((hit) => !VAGUE.has(hit.kind));
  const { text, folded, tokens, hits } = isClear ? alone : read(`${excerpt.context}\n${task}`);
  const zones = zonesOf(folded);
  return {
    words: strengths(hits, zones),
    openings: new Set(hits.filter((hit) => isOpening(hit, zones)).map((hit) => hit.kind)),
    structure: measure(text, tokens),
    isPasted: zones.isPasted,
  };
}

/** Kinds of word that do not make a short turn a question of its own. */
const VAGUE: ReadonlySet<WordKind> = new Set<WordKind>(["why", "numberWord"]);

function read(text: string) {
  const folded = fold(text).trimEnd();
  const tokens = tokenize(folded);
  const spoken = tokens.filter((token) => token.kind !== "symbol");
  return { text, folded, tokens, hits: findHits(spoken, folded) };
}

interface Zones {
  readonly headEnd: number;
  readonly tailStart: number;
  readonly isPasted: boolean;
}

/** Where instructions stand: all of a short text; the first and the last line, or their outer ends, of a long one. */
function zonesOf(text: string): Zones {
  const lastBreak = text.lastIndexOf("\n") + 1;
  if (text.length <= INSTRUCTION_UNITS)
    return { headEnd: text.length, tailStart: lastBreak, isPasted: false };
  const firstBreak = text.indexOf("\n");
  const isHeadShort = firstBreak > 0 && firstBreak <= EDGE_UNITS;
  const isTailShort = lastBreak > 0 && text.length - lastBreak <= EDGE_UNITS;
  return {
    headEnd: isHeadShort ? firstBreak : EDGE_UNITS,
    tailStart: Math.max(lastBreak, text.length - EDGE_UNITS),
    isPasted: isHeadShort || isTailShort,
  };
}

function isOpening(hit: Hit, zones: Zones): boolean {
  return hit.at < OPENING_UNITS || (hit.at >= zones.tailStart && hit.at < zones.tailStart + OPENING_UNITS);
}

/** One hit in an instruction counts for more than several inside a text that is merely given. */
function strengths(hits: readonly Hit[], zones: Zones): Map<WordKind, number> {
  const instructed = new Map<WordKind, number>();
  const given = new Map<WordKind, number>();
  for (const hit of hits) {
    const counts = hit.at < zones.headEnd || hit.at >= zones.tailStart ? instructed : given;
    counts.set(hit.kind, (counts.get(hit.kind) ?? 0) + 1);
  }
  const result = new Map<WordKind, number>();
  for (const kind of new Set([...instructed.keys(), ...given.keys()])) {
    const inside = instructed.get(kind) ?? 0;
    const asked = inside === 0 ? 0 : 0.5 + 0.2 * inside;
    result.set(kind, Math.min(1, asked + Math.min(0.6, 0.15 * (given.get(kind) ?? 0))));
  }
  return result;
}
