import type { Answer, Question } from "../answers/answer.ts";
import type { Refusal } from "./refusals.ts";

/** A call in the simulator's own terms, whichever wire it came over. */
export interface Call extends Question {
  readonly isStreamed: boolean;
  readonly includesUsageInStream: boolean;
}

/** What the answer claims was used; a fault may make it claim anything. Null leaves the usage out. */
export type ClaimedUsage = { readonly input: unknown; readonly output: unknown } | null;

/** A rendered response. More than one part means that the parts are streamed, evenly spread over the latency. */
export interface Payload {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: readonly string[];
}

export interface Rendering {
  readonly call: Call;
  readonly answer: Answer;
  readonly requestId: string;
  /** The model the answer names itself as. */
  readonly claimedModel: string;
  /** Undefined claims what was really used. */
  readonly claimedUsage: ClaimedUsage | undefined;
  readonly createdAtMs: number;
  readonly latencyMs: number;
}

/** One provider's protocol: how a request is read, and how answers and errors are written. */
export interface Wire {
  readonly id: "openai" | "bedrock";
  /** Throws a Refusal where the body is not a request of this protocol. */
  readCall(body: unknown, modelInPath: string | undefined): Call;
  renderAnswer(rendering: Rendering): Payload;
  renderRefusal(refusal: Refusal, requestId: string): Payload;
}

/** A streamed answer arrives in events, any other one as a whole with its length in front. */
export function isEventStream(payload: Payload): boolean {
  return payload.headers["content-type"] === "text/event-stream";
}
