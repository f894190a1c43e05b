/**
 * Lower case without accents, so that "cuánto", "Cuanto" and fullwidth "３" meet their entries. Letters are folded one
 * by one: normalising a whole string sorts runs of combining marks, in quadratic time for a hostile run.
 */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\u0300-\u036f]|[\u00e0-\u024f\u1e00-\u1eff\u0439\u0451\uff01-\uff5e]/g, foldLetter);
}

function foldLetter(letter: string): string {
  if (letter >= "\u0300" && letter <= "\u036f") return "";
  return letter.normalize("NFKD").charAt(0);
}
