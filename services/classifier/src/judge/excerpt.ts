/** All the text that is ever looked at, in UTF-16 units: what lies past it cannot change a judgement or its cost. */
export const BUDGET_UNITS = 1_664;
const TAIL_UNITS = 640;
const CONTEXT_UNITS = 512;
/** Of the system's message: the standing task, or who is to be played. */
const SYSTEM_UNITS = 400;
/** No reading is longer: the excerpt, a turn before it, the system's message, and what joins them. */
export const MOST_UNITS = BUDGET_UNITS + CONTEXT_UNITS + SYSTEM_UNITS + 2;
/** A turn of up to so many units may be a follow-up, to be read together with the turn before it. */
const FOLLOW_UP_UNITS = 120;
/** A turn of up to so many units says too little to be followed up itself. */
const BARE_UNITS = 24;
/** How far back a question is looked for; longer runs of tool output are not searched. */
const MESSAGES_SEARCHED = 16;

export interface JudgeInput {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

export interface Excerpt {
  /** The beginning and the end of what the caller asks. */
  readonly text: string;
  /** The caller's turn before, when `text` may be too short to stand alone. */
  readonly context: string;
  /** The beginning of the system's message; empty without one. */
  readonly system: string;
}

/**
 * The part of a conversation that decides: its last user turn, whether sent as messages or pasted as a transcript. Beside
 * a turn that may be a follow-up stands the last one before it that is longer: not "ok", but what "ok" was said to.
 */
export function excerptOf(input: JudgeInput): Excerpt {
  const turns = userTurns(input);
  const text = cut(turns[0] ?? "");
  const transcript = transcriptTurns(text);
  const [asked = text, ...earlier] = transcript.length > 0 ? transcript : [text, ...turns.slice(1)];
  const before = earlier.find((turn) => turn.length > BARE_UNITS) ?? earlier[0] ?? "";
  const isFollowUp = asked.length <= FOLLOW_UP_UNITS;
  const system = input.messages.find(({ role }) => role === "system" || role === "developer")?.content ?? "";
  return {
    text: asked,
    context: isFollowUp ? before.slice(0, CONTEXT_UNITS) : "",
    system: system.slice(0, SYSTEM_UNITS),
  };
}

/** Newest first. Without a user turn the last message of any role stands in. */
function userTurns(input: JudgeInput): string[] {
  const recent = input.messages.slice(-MESSAGES_SEARCHED).reverse();
  const asked = recent.filter((message) => message.role === "user").map((message) => message.content);
  if (asked.length > 0) return asked;
  return recent.slice(0, 1).map((message) => message.content);
}

function cut(text: string): string {
  if (text.length <= BUDGET_UNITS) return text;
  const head = text.slice(0, BUDGET_UNITS - TAIL_UNITS - 1);
  return `${head}\n${text.slice(-TAIL_UNITS)}`;
}

// Anchored at line starts, every quantifier bounded: linear.
const SPEAKER = /^[ \t]{0,4}\[?(user|human|q|customer|assistant|ai|a|bot)(?:\]|[ \t]{0,2}:)[ \t]?/gim;
const ANSWERERS = new Set(["assistant", "ai", "a", "bot"]);

/** The asking turns of a pasted transcript, newest first; empty unless both sides speak and the asker speaks last. */
function transcriptTurns(text: string): string[] {
  const speakers = [...text.matchAll(SPEAKER)];
  const isAsker = (match: RegExpExecArray) => !ANSWERERS.has((match[1] ?? "").toLowerCase());
  const askers = speakers.filter(isAsker);
  const last = speakers.at(-1);
  if (last === undefined || !isAsker(last) || askers.length < 2 || askers.length === speakers.length)
    return [];
  return askers
    .slice(-MESSAGES_SEARCHED)
    .reverse()
    .map((match) => {
      const next = speakers[speakers.indexOf(match) + 1];
      return text.slice(match.index + match[0].length, next?.index).trim();
    });
}
