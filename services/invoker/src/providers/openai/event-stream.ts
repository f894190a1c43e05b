import { z } from "zod";

const Event = z.looseObject({
  id: z.string().nullish(),
  model: z.string().nullish(),
  service_tier: z.string().nullish(),
  choices: z
    .array(
      z.looseObject({
        index: z.int().nullish(),
        delta: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z.unknown().optional(),
});
type Event = z.infer<typeof Event>;

/** What some servers send though no stream was asked for. */
export function isEventStream(text: string): boolean {
  return /^\s*(:|data:|event:)/.test(text);
}

/**
 * The completion that a whole stream of events comes to. Usage in a stream is cumulative: the last one is the call's,
 * never the sum of all. A stream that does not say that it has ended is none.
 * @throws SyntaxError or ZodError
 */
export function completionOf(text: string): unknown {
  const payloads = text.split(/\r\n|\r|\n/).flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? []);
  const events = payloads
    .filter((payload) => payload !== "" && payload !== DONE)
    .map((payload) => Event.parse(JSON.parse(payload)));
  const choices = events.flatMap((event) => event.choices ?? []).filter(({ index }) => (index ?? 0) === 0);
  const finish = choices.findLast(({ finish_reason }) => finish_reason)?.finish_reason;
  if (finish === undefined && !payloads.includes(DONE)) throw new SyntaxError("the stream has no end");
  const joined = (name: "content" | "refusal") => choices.map(({ delta }) => delta?.[name] ?? "").join("");
  return {
    id: last(events, "id"),
    model: last(events, "model"),
    service_tier: last(events, "service_tier"),
    choices: [
      { message: { content: joined("content"), refusal: joined("refusal") || null }, finish_reason: finish },
    ],
    usage: last(events, "usage"),
  };
}

const DONE = "[DONE]";

function last(events: readonly Event[], name: "id" | "model" | "service_tier" | "usage"): unknown {
  return events.findLast((event) => (event[name] ?? null) !== null)?.[name];
}
