import type { Random } from "../seeded-random.ts";

const OPENINGS = ["In short:", "Briefly:", "To sum up:"] as const;
/** Enough for the words that are kept; the rest of an 8 MB prompt is not split. */
const CHARACTERS_PER_WORD = 40;

/** Repeats the first words of a prompt behind an opening that the seed chooses. */
export function summarise(text: string, maxWords: number, random: Random): string {
  const opening = OPENINGS[Math.floor(random() * OPENINGS.length)] ?? OPENINGS[0];
  const words = text
    .slice(0, maxWords * CHARACTERS_PER_WORD)
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return "There is nothing to answer.";
  const isWhole = words.length <= maxWords && text.length <= maxWords * CHARACTERS_PER_WORD;
  return `${opening} ${words.slice(0, maxWords).join(" ")}${isWhole ? "" : " …"}`;
}
