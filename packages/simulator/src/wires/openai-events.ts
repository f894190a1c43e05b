export interface StreamedCompletion {
  readonly head: { readonly id: string; readonly created: number; readonly model: string };
  readonly text: string;
  readonly finishReason: "stop" | "length";
  /** Present only where the caller asked for it with `stream_options.include_usage`. */
  readonly usage: object | undefined;
}

/** Few enough that a long answer does not become thousands of writes, many enough to be a stream. */
const MAX_PIECES = 16;

/** The server-sent events of a streamed completion, one string each, the closing `[DONE]` included. */
export function openaiEventParts({ head, text, finishReason, usage }: StreamedCompletion): string[] {
  const chunk = (delta: object, finish: string | null) =>
    event({
      ...head,
      object: "chat.completion.chunk",
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(usage === undefined ? {} : { usage: null }),
    });
  return [
    chunk({ role: "assistant", content: "", refusal: null }, null),
    ...pieces(text).map((content) => chunk({ content }, null)),
    chunk({}, finishReason),
    ...(usage === undefined ? [] : [event({ ...head, object: "chat.completion.chunk", choices: [], usage })]),
    "data: [DONE]\n\n",
  ];
}

function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

// Pieces end after white space, so that no character is ever cut in two.
function pieces(text: string): string[] {
  const words = text.match(/\S*\s+|\S+/g) ?? [];
  const wordsPerPiece = Math.max(1, Math.ceil(words.length / MAX_PIECES));
  const result: string[] = [];
  for (let start = 0; start < words.length; start += wordsPerPiece) {
    result.push(words.slice(start, start + wordsPerPiece).join(""));
  }
  return result;
}
