import { CALCULATION_WORDS } from "./calculation-words.ts";
import { COMPLEX_WORDS } from "./complex-words.ts";
import { FORM_WORDS } from "./form-words.ts";
import { SHARED_WORDS } from "./shared-words.ts";
import { SIMPLE_WORDS } from "./simple-words.ts";

/** Every kind of word the rules know, by the name its signal has. */
export const LEXICON = {
  ...SIMPLE_WORDS,
  ...CALCULATION_WORDS,
  ...COMPLEX_WORDS,
  ...SHARED_WORDS,
  ...FORM_WORDS,
} as const;

export type WordKind = keyof typeof LEXICON;
