import { AsyncLocalStorage } from "node:async_hooks";
import { parseTraceparent } from "./traceparent.ts";

/** What a span says besides its name and times: bounded words, ids and numbers; never a prompt, an answer or a key. */
export type SpanFacts = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** A span that is open. All of it does nothing where nothing is recorded. */
export interface OpenSpan {
  /** Where work under this span stands; undefined where there is no trace. */
  readonly traceparent: string | undefined;
  readonly isRecording: boolean;
  note: (facts: SpanFacts) => void;
  /** What the span is for has failed, with this code. */
  fail: (errorType: string) => void;
  /** The run only found that it has to wait: unless something happened under it, its span is not exported. */
  forget: () => void;
}

export interface SpanStart {
  name: string;
  kind: "server" | "client" | "internal";
  facts?: SpanFacts;
}

/** Opens spans: under `traceparent`, or without one as the root of a new trace. */
export type EnterSpan = <Result>(
  traceparent: string | undefined,
  start: SpanStart,
  work: (span: OpenSpan) => Promise<Result>,
) => Promise<Result>;

/** The trace that the present work belongs to. */
export interface TraceScope {
  traceparent: string;
  span: OpenSpan;
  enter: EnterSpan;
}

const scopes = new AsyncLocalStorage<TraceScope | undefined>();

/** Without a place in a trace the work is in none, whatever it is begun in: a worker's loop may go on inside one of its runs. */
export function withinScope<Result>(scope: TraceScope | undefined, work: () => Result): Result {
  return scopes.run(scope, work);
}

/** The place in a trace that the present work has, as a `traceparent`. */
export function presentTraceparent(): string | undefined {
  return scopes.getStore()?.traceparent;
}

/** The id of a trace, as logs name it. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return parseTraceparent(traceparent)?.traceId;
}

/** Says something of the span that the present work is done under. */
export function annotateSpan(facts: SpanFacts): void {
  scopes.getStore()?.span.note(facts);
}

/** Does work under a span of its own, inside the present trace. */
export function inSpan<Result>(start: SpanStart, work: (span: OpenSpan) => Promise<Result>): Promise<Result> {
  const scope = scopes.getStore();
  return scope === undefined ? work(NO_SPAN) : scope.enter(scope.traceparent, start, work);
}

/** Does work in a trace of its own, linked to the present one; where nothing records traces, in the present one. */
export function inOwnTrace<Result>(
  start: SpanStart,
  work: (span: OpenSpan) => Promise<Result>,
): Promise<Result> {
  const scope = scopes.getStore();
  return scope === undefined ? work(NO_SPAN) : scope.enter(undefined, start, work);
}

/** Records nothing. */
export const NO_SPAN: OpenSpan = {
  traceparent: undefined,
  isRecording: false,
  note() {},
  fail() {},
  forget() {},
};
