import type { Payload } from "../wires/wire.ts";

/** Turns a right response into a wrong one. */
export type PayloadEdit = (payload: Payload) => Payload;

export const halveText: PayloadEdit = (payload) => {
  const text = payload.parts.join("");
  return { ...payload, parts: [text.slice(0, Math.floor(text.length / 2))] };
};

export const nameTokensNaN: PayloadEdit = (payload) => ({
  ...payload,
  parts: payload.parts.map((part) =>
    part.replace(/"(prompt_tokens|completion_tokens|inputTokens|outputTokens)":\d+/g, '"$1":NaN'),
  ),
});

export const repeatUsage: PayloadEdit = (payload) => ({
  ...payload,
  parts: payload.parts.map((part) => part.replace(/\{/, '{"usage":{},')),
});

export function replaceBody(status: number, contentType: string | undefined, body: string): PayloadEdit {
  return (payload) => {
    const { "content-type": _replaced, ...headers } = payload.headers;
    return {
      status,
      headers: contentType === undefined ? headers : { ...headers, "content-type": contentType },
      parts: [body],
    };
  };
}
