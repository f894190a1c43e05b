import { fold } from "./fold.ts";
import { LEXICON, type WordKind } from "./lexicon/lexicon.ts";
import { UNSPACED } from "./lexicon/word-table.ts";
import type { Token } from "./tokens.ts";

/** A hit of one kind of words, at the token it begins with. */
export interface Hit {
  readonly kind: WordKind;
  readonly at: number;
}

interface Pattern {
  readonly kind: WordKind;
  readonly words: readonly string[];
}

/** Patterns by the first two letters of their first word: a token meets only a handful. */
const SPACED = new Map<string, Pattern[]>();
const SUBSTRINGS: { readonly kind: WordKind; readonly text: string }[] = [];
for (const [kind, table] of Object.entries(LEXICON) as [WordKind, Record<string, string>][]) {
  for (const [language, entries] of Object.entries(table)) {
    for (const entry of entries.split(", "))
      addEntry(kind, language, fold(entry.trim()).replaceAll("'", " "));
  }
}

function addEntry(kind: WordKind, language: string, entry: string): void {
  if (UNSPACED.has(language)) {
    SUBSTRINGS.push({ kind, text: entry });
    return;
  }
  const words = entry.split(" ");
  const key = bucketOf(words, 0);
  const bucket = SPACED.get(key);
  if (bucket) bucket.push({ kind, words });
  else SPACED.set(key, [{ kind, words }]);
}

/** Numbers are told apart by the word behind them: "# km" and "# hours" would else share one long bucket. */
function bucketOf(words: readonly string[], index: number): string {
  const word = words[index] ?? "";
  return word === "#" ? `#${(words[index + 1] ?? "").slice(0, 1)}` : word.replace("*", "").slice(0, 2);
}

/** All hits, at most one per kind and token. `tokens` are the words and numbers, without symbols. */
export function findHits(tokens: readonly Token[], folded: string): Hit[] {
  const words = tokens.map((token) => (token.kind === "number" ? "#" : token.text));
  const hits: Hit[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const kinds = new Set<WordKind>();
    for (const pattern of SPACED.get(bucketOf(words, index)) ?? []) {
      if (!kinds.has(pattern.kind) && matchesAt(words, index, pattern.words)) kinds.add(pattern.kind);
    }
    const at = tokens[index]?.at ?? 0;
    for (const kind of kinds) hits.push({ kind, at });
  }
  if (/[\u3040-\u30ff\u3400-\u9fff]/.test(folded)) hits.push(...findSubstrings(folded));
  return hits;
}

function matchesAt(words: readonly string[], index: number, pattern: readonly string[]): boolean {
  for (let offset = 0; offset < pattern.length; offset += 1) {
    if (!isMatch(words[index + offset] ?? "", pattern[offset] ?? "")) return false;
  }
  return true;
}

function isMatch(word: string, expected: string): boolean {
  return expected.endsWith("*") ? word.startsWith(expected.slice(0, -1)) : word === expected;
}

function findSubstrings(folded: string): Hit[] {
  const hits: Hit[] = [];
  for (const { kind, text } of SUBSTRINGS) {
    const at = folded.indexOf(text);
    if (at >= 0) hits.push({ kind, at });
  }
  return hits;
}
