import type { Line } from "./json-lines.ts";

/** A prompt as the judge gets it. */
export interface Prompt {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

const PROMPT_FIELDS = ["prompt", "question", "input", "text", "instruction"] as const;

/** `messages` as in the API, or one user message under any of the usual names. */
export function promptOf({ fields, complain }: Line): Prompt {
  if (fields["messages"] !== undefined) return { messages: messagesOf(fields["messages"], complain) };
  const name = PROMPT_FIELDS.find((field) => fields[field] !== undefined);
  const value = name === undefined ? undefined : fields[name];
  if (typeof value === "string") return { messages: [{ role: "user", content: value }] };
  // A list of turns stands under "prompt" in some files.
  if (name === "prompt" && Array.isArray(value)) return { messages: messagesOf(value, complain) };
  complain(name === undefined ? "has neither prompt nor messages" : `${name} is no text`);
  return { messages: [] };
}

function messagesOf(value: unknown, complain: Line["complain"]): Prompt["messages"] {
  const messages = Array.isArray(value) ? value : [];
  if (messages.length === 0) complain("messages is no list of messages");
  return messages.map((message: unknown, index) => {
    const fields =
      typeof message === "object" && message !== null ? (message as Record<string, unknown>) : {};
    const { role = "user", content } = fields;
    const text = Array.isArray(content) ? content.map(textOfPart).join("\n") : content;
    if (typeof role === "string" && typeof text === "string") return { role, content: text };
    complain(`messages[${index}] has no role and content`);
    return { role: "user", content: "" };
  });
}

/** Parts that are no text (images, files) have no length a rule could use. */
function textOfPart(part: unknown): string {
  const text = (part as { text?: unknown } | null)?.text;
  return typeof text === "string" ? text : "";
}

/** UTF-16 units of all turns together: what a rule over prompt length sees. */
export function unitsOf({ messages }: Prompt): number {
  return messages.reduce((sum, { content }) => sum + content.length, 0);
}
