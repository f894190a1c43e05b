import { isTerminal, type JobClass, type JobView } from "@switchyard/shared/contracts";
import { parseUsd } from "@switchyard/shared/pricing";

/** One job of the self-check. */
export interface CheckJob {
  class: JobClass;
  prompt: string;
}

/** What became of it. */
export interface CheckResult extends CheckJob {
  /** Null when all is well; else what went wrong, in one line. */
  problem: string | null;
  model: string | null;
  durationMs: number;
  costPicoUsd: bigint;
  classifierPicoUsd: bigint;
  /** null: not known. */
  baselinePicoUsd: bigint | null;
}

/** One job for each class, plain enough that any judge worth its name agrees. */
export const CHECK_JOBS: readonly CheckJob[] = [
  { class: "SIMPLE", prompt: "What is the capital of France?" },
  { class: "CALCULATION", prompt: "What is 12.5 % of 3,480?" },
  {
    class: "COMPLEX",
    prompt: "Design a rate limiter for a public API on three servers, and explain the trade-offs.",
  },
];

/** The longest wait that one request may ask for; the job is looked at again until the time is up. */
const WAIT_SECONDS = 20;
/** A real model may think for a while; a simulated one answers within two seconds. */
const JOB_TIMEOUT_MS = 120_000;
const TOO_LONG = `did not end within ${JOB_TIMEOUT_MS / 1_000} seconds`;

export interface Api {
  /** Without a path. */
  url: string;
  apiKey: string;
  /** Gives up what is being waited for. */
  signal: AbortSignal;
}

/** Sends one job through the real API and pipeline and waits for its end. Never rejects. */
export async function checkJob(api: Api, job: CheckJob): Promise<CheckResult> {
  const startedAt = performance.now();
  const timed = () => Math.round(performance.now() - startedAt);
  try {
    const view = await finishedJob(api, job.prompt);
    return { ...resultOf(job, view), durationMs: timed() };
  } catch (error) {
    return { ...emptyResult(job), problem: reasonOf(error), durationMs: timed() };
  }
}

async function finishedJob(api: Api, prompt: string): Promise<JobView> {
  const signal = AbortSignal.any([api.signal, AbortSignal.timeout(JOB_TIMEOUT_MS)]);
  let view = await ask(api, "/v1/jobs", { method: "POST", body: JSON.stringify({ input: prompt }), signal });
  try {
    while (!isTerminal(view.status)) view = await ask(api, `/v1/jobs/${view.id}`, { signal });
    return view;
  } catch (error) {
    if (!isTimeout(error)) throw error;
    throw new Error(`${TOO_LONG}; ${whatHolds(view)}`);
  }
}

/** The last call that failed, else where the job is. */
function whatHolds({ attempts, status, model }: JobView): string {
  const last = attempts.findLast(({ error }) => error !== null);
  if (last?.error) return `a call of ${last.model}: ${last.error.message} (${last.error.code})`;
  return `it is ${status}${model === null ? "" : `, with ${model}`}`;
}

async function ask({ url, apiKey }: Api, path: string, init: RequestInit): Promise<JobView> {
  const headers = {
    authorization: `Bearer ${apiKey}`,
    "content-type": "application/json",
    prefer: `wait=${WAIT_SECONDS}`,
  };
  const response = await fetch(`${url}${path}`, { ...init, headers });
  const body = (await response.json()) as JobView & { detail?: string; title?: string };
  if (response.ok) return body;
  throw new Error(`the API answered ${response.status}: ${body.detail ?? body.title ?? "no reason given"}`);
}

function resultOf(job: CheckJob, view: JobView): CheckResult {
  return {
    ...job,
    problem: problemOf(job, view),
    model: view.model,
    durationMs: 0,
    costPicoUsd: parseUsd(view.cost.total_usd),
    classifierPicoUsd: parseUsd(view.cost.classifier_usd),
    baselinePicoUsd: view.cost.baseline_usd === null ? null : parseUsd(view.cost.baseline_usd),
  };
}

function problemOf(job: CheckJob, view: JobView): string | null {
  if (view.error !== null) return `${view.status}: ${view.error.message} (${view.error.code})`;
  if (view.status !== "succeeded") return `ended as ${view.status}`;
  if (view.result === null || view.result.text === "") return "succeeded without an answer";
  if (view.decision?.class !== job.class) return `was judged ${view.decision?.class ?? "not at all"}`;
  return null;
}

function emptyResult(job: CheckJob): CheckResult {
  const nothing = {
    model: null,
    durationMs: 0,
    costPicoUsd: 0n,
    classifierPicoUsd: 0n,
    baselinePicoUsd: null,
  };
  return { ...job, ...nothing, problem: null };
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

function reasonOf(error: unknown): string {
  if (isTimeout(error)) return TOO_LONG;
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error instanceof Error ? error.message : error}${cause}`;
}
