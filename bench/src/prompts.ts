const ASK = "Give a one-line title for the following text. What is the capital of France?\n";
const FILLER = "The delivery came on time, the box was whole, and the colour is the one in the picture. ";
const PROMPT_BYTES = 1_024;

/** A simple prompt of 1 KB; the number makes each a different one. */
export function promptOf(index: number): string {
  const start = `${ASK}Note ${index}. `;
  return start + FILLER.repeat(Math.ceil(PROMPT_BYTES / FILLER.length)).slice(0, PROMPT_BYTES - start.length);
}
