/** A word, a number or one other visible character. */
export interface Token {
  readonly kind: "word" | "number" | "symbol";
  /** Folded: lower case, no accents. */
  readonly text: string;
  /** Index of the first character in the folded text. */
  readonly at: number;
  /** Stands directly behind the token before it. */
  readonly isGlued: boolean;
}

// The three alternatives start with disjoint characters and none can be matched in two ways: one linear pass.
const TOKEN = /([\p{L}\p{M}_]+)|(\p{Nd}+)|[^\s\p{L}\p{M}\p{Nd}_]/gu;

/** Cuts folded text into tokens; `1,234.5` is one number. */
export function tokenize(folded: string): Token[] {
  const tokens: Token[] = [];
  let end = 0;
  for (const match of folded.matchAll(TOKEN)) {
    const part = match[0];
    const isGlued = tokens.length > 0 && match.index === end;
    end = match.index + part.length;
    const kind = match[1] !== undefined ? "word" : match[2] !== undefined ? "number" : "symbol";
    if (kind === "number" && isGlued && continuesNumber(tokens)) {
      const separator = tokens.pop();
      const head = tokens.pop();
      if (head && separator) {
        tokens.push({ ...head, text: head.text + separator.text + part });
        continue;
      }
    }
    tokens.push({ kind, text: part, at: match.index, isGlued });
  }
  return tokens;
}

function continuesNumber(tokens: readonly Token[]): boolean {
  const separator = tokens.at(-1);
  if (!separator?.isGlued || (separator.text !== "." && separator.text !== ",")) return false;
  return tokens.at(-2)?.kind === "number";
}
