import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type Answer, answerTo, nonsenseFor } from "../answers/answer.ts";
import type { Bill } from "../bill/bill.ts";
import { costPicoUsd } from "../bill/price.ts";
import type { ChosenFault, FaultChooser } from "../faults/fault-chooser.ts";
import { type Exchange, headerOf, readJson } from "../http/exchange.ts";
import { modelNamed } from "../models.ts";
import { Refusal } from "../wires/refusals.ts";
import type { Call, Payload, Wire } from "../wires/wire.ts";
import { readCallHeaders } from "./call-headers.ts";
import { deliver, sendWhole } from "./deliver.ts";
import type { InFlight } from "./in-flight.ts";

/** What every call needs of the simulator that serves it. */
export interface CallContext {
  readonly seed: string;
  readonly latencyScale: number;
  readonly bill: Bill;
  readonly faults: FaultChooser;
  readonly inFlight: InFlight;
}

/** One call while it is served. */
interface Served {
  readonly call: Call;
  readonly answer: Answer;
  readonly fault: ChosenFault | undefined;
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly latencyMs: number;
  readonly attemptId: string | null;
  readonly jobId: string | null;
}

/** A streamed answer begins after this share of its time; the rest passes between its events. */
const SHARE_BEFORE_FIRST_EVENT = 0.4;

/**
 * Serves one call from its headers to its last byte: reads it, chooses its fault, takes its time, bills it, and only
 * then answers. A caller who leaves before the billing pays nothing; one who leaves later has paid.
 */
export async function serveCall(context: CallContext, exchange: Exchange, wire: Wire): Promise<void> {
  const { request, response } = exchange;
  const requestId = wire.id === "openai" ? `req_${randomUUID().replaceAll("-", "")}` : randomUUID();
  const attemptId = headerOf(request, "x-switchyard-attempt") ?? null;
  const jobId = headerOf(request, "x-switchyard-job") ?? null;
  const leave = context.inFlight.enter(attemptId, jobId);
  const gone = new AbortController();
  response.once("close", () => {
    leave();
    if (!response.writableFinished) gone.abort();
  });

  try {
    const startedAtMs = Date.now();
    const call = wire.readCall(await readJson(request), exchange.parameter);
    const headers = readCallHeaders(request);
    const fault = context.faults.choose({ header: headers.fault, model: call.model, attemptId, jobId });
    const proper = withCachedTokens(answerTo(call, context.seed), headers.cachedTokens);
    const answer = fault?.behaviour.kind === "nonsense" ? nonsenseFor(proper) : proper;
    const latencyMs = headers.latencyMs ?? answer.latencyMs * context.latencyScale;
    const served = { call, answer, fault, requestId, startedAtMs, latencyMs, attemptId, jobId };
    await answerCall({ context, wire, response, signal: gone.signal }, served);
  } catch (error) {
    if (gone.signal.aborted) return;
    refuse(response, wire.renderRefusal(toRefusal(error), requestId));
  }
}

async function answerCall(
  {
    context,
    wire,
    response,
    signal,
  }: { context: CallContext; wire: Wire; response: ServerResponse; signal: AbortSignal },
  served: Served,
): Promise<void> {
  const { call, fault, latencyMs } = served;
  if (fault?.behaviour.kind === "refuse") {
    throw new Refusal(fault.behaviour.refusal, undefined, fault.behaviour.retryAfterSeconds);
  }
  const firstByteMs = call.isStreamed ? latencyMs * SHARE_BEFORE_FIRST_EVENT : latencyMs;
  if (firstByteMs >= 1) await pause(firstByteMs, undefined, { signal });
  if (fault === undefined || fault.isBilled) await context.bill.append(billLine(served, wire));
  if (signal.aborted) return;
  const payload = render(served, wire);
  await deliver({
    response,
    payload,
    behaviour: fault?.behaviour,
    streamMs: latencyMs - firstByteMs,
    signal,
  });
}

function render({ call, answer, fault, requestId, startedAtMs, latencyMs }: Served, wire: Wire): Payload {
  const claim = fault?.behaviour.kind === "claim" ? fault.behaviour : undefined;
  return wire.renderAnswer({
    call,
    answer,
    requestId,
    claimedModel: claim?.model ?? call.model,
    claimedUsage: claim?.usage,
    createdAtMs: startedAtMs,
    latencyMs,
  });
}

function billLine({ call, answer, fault, ...served }: Served, wire: Wire) {
  const { inputTokens, cachedInputTokens, outputTokens } = answer.usage;
  return {
    attemptId: served.attemptId,
    jobId: served.jobId,
    requestId: served.requestId,
    model: call.model,
    wire: wire.id,
    inputTokens,
    cachedInputTokens,
    outputTokens,
    costPicoUsd: costPicoUsd(modelNamed(call.model).prices, answer.usage).toString(),
    startedAtMs: served.startedAtMs,
    endedAtMs: Date.now(),
    ...(fault === undefined ? {} : { fault: fault.name }),
    promptSha256: answer.promptSha256,
    answerSha256: answer.answerSha256,
  };
}

function withCachedTokens(answer: Answer, cachedTokens: number): Answer {
  const cachedInputTokens = Math.min(cachedTokens, answer.usage.inputTokens);
  return { ...answer, usage: { ...answer.usage, cachedInputTokens } };
}

// Whatever is not a refusal is our own failure, such as a bill that cannot be written: nothing was billed.
function toRefusal(error: unknown): Refusal {
  return error instanceof Refusal ? error : new Refusal("500", String(error));
}

function refuse(response: ServerResponse, payload: Payload): void {
  if (response.headersSent) response.destroy();
  else sendWhole(response, payload);
}
