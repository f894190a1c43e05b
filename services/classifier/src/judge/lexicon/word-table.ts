/**
 * Words of one kind, by language: entries separated by ", ". A trailing `*` on a word stands for any ending, `#` for
 * any number. Languages written without spaces (zh, ja) are searched as plain substrings.
 */
export type WordTable = Readonly<Partial<Record<Language, string>>>;

export type Language =
  | "en"
  | "es"
  | "fr"
  | "de"
  | "it"
  | "pt"
  | "nl"
  | "pl"
  | "ru"
  | "tr"
  | "ar"
  | "hi"
  | "ko"
  | "zh"
  | "ja"
  | "uk"
  | "vi"
  | "id"
  | "sv"
  | "cs"
  | "ro"
  | "el"
  | "he"
  | "fa"
  | "fi"
  | "hu";

/** Languages whose words are not set apart by spaces. */
export const UNSPACED: ReadonlySet<string> = new Set<Language>(["zh", "ja"]);
