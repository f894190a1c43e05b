import { createHash } from "node:crypto";
import { type MessageOf, PIPELINE, type Stage } from "../pipeline/index.ts";

/** One queue per stage; `invoke` has one per model. */
export function queueName(stage: Stage, modelId?: string): string {
  return modelId === undefined ? stage : `${stage}.${modelId}`;
}

/**
 * The id of a queue job follows from what it summons, so that adding it again while it still waits
 * changes nothing. A list is named by a digest of its members.
 */
export function queueJobId(stage: Stage, items: readonly MessageOf<Stage>[]): string {
  const names = items.map(nameOf);
  const { idPrefix } = PIPELINE[stage];
  if (names.length === 1) return `${idPrefix}-${names[0]}`;
  return `${idPrefix}-${createHash("sha256").update(names.join(" ")).digest("base64url").slice(0, 22)}`;
}

/** A summons that brings facts is another one than a bare one, which may be in hand just now. */
function nameOf(message: MessageOf<Stage>): string {
  const name = `${message.jobId}-g${message.generation}`;
  if ("consult" in message && message.consult === true) return `${name}-c`;
  if ("withdrawn" in message && message.withdrawn !== undefined) return `${name}-w${message.withdrawn}`;
  return "attempt" in message && message.attempt !== undefined ? `${name}-a${message.attempt.n}` : name;
}
