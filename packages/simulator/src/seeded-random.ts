/** Yields numbers in [0, 1), the same sequence for the same parts. */
export type Random = () => number;

/**
 * A generator that depends on nothing but its parts: FNV-1a over them, then mulberry32. Pass digests rather than
 * long texts, because the hash visits every character.
 */
export function seededRandom(...parts: readonly string[]): Random {
  let state = fnv1a(parts.join("\u0000"));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number between both bounds, bounds included. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
