/** Real tokenizers average close to four bytes a token on English; the exact vocabulary does not matter here. */
const BYTES_PER_TOKEN = 4;
/** Role and separators, as chat templates add them. */
const TOKENS_PER_MESSAGE = 4;
const TOKENS_PER_PROMPT = 3;

export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

export function countMessageTokens(messages: readonly { readonly text: string }[]): number {
  return messages.reduce((sum, { text }) => sum + countTokens(text) + TOKENS_PER_MESSAGE, TOKENS_PER_PROMPT);
}

/** The longest beginning of a text that costs no more than so many tokens and ends between two characters. */
export function cutToTokens(text: string, maxTokens: number): string {
  if (countTokens(text) <= maxTokens) return text;
  const bytes = Buffer.from(text).subarray(0, maxTokens * BYTES_PER_TOKEN);
  // In streaming mode the decoder holds back the bytes of a character that was cut in two.
  return new TextDecoder().decode(bytes, { stream: true });
}
