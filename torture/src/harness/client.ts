import { waitFor } from "@switchyard/testkit";
import type { Problem } from "./invariants.ts";
import { openRequestLog, type RequestLog } from "./request-log.ts";
import { type Answered, hasEnded, type JobAnswer, newlyTold, note, type ToldJob } from "./told-job.ts";

/** A caller who gives every job a key, repeats a submit until it is accepted, and keeps a list. */
export interface Client {
  readonly told: readonly ToldJob[];
  readonly requests: RequestLog;
  /** Keys for which more than one job was answered, and jobs that were answered as they cannot be. */
  readonly problems: readonly Problem[];
  /** Submits until the job is accepted, whatever happens to the API meanwhile, and however long a budget has no room. */
  submit: (idempotencyKey: string, body: object) => Promise<ToldJob>;
  /** As `submit`, but takes the no of a budget: null then. */
  offer: (idempotencyKey: string, body: object) => Promise<ToldJob | null>;
  /** One submit as it comes: for those that are to be refused. */
  post: (idempotencyKey: string, body: object) => Promise<{ status: number; body: JobAnswer }>;
  /** Asks for something else until the API answers. */
  read: <Body>(path: string) => Promise<Body>;
  /** Asks for a cancel until the API answers. */
  cancel: (job: ToldJob) => Promise<void>;
  /** Asks once for a job, and notes how it ended if it did. */
  look: (job: ToldJob) => Promise<void>;
  /** Waits until every job on the list has ended. One that a budget holds until its window ends is cancelled. */
  ended: () => Promise<void>;
}

/** Long enough for a machine so busy that a process is killed before it is up, again and again, for a minute. */
const ACCEPT_MS = 150_000;
/** A job that was refused with 429 again and again pauses for a minute at a time. */
const END_MS = 600_000;
const REQUEST_MS = 15_000;
const WAIT_SECONDS = 5;
/** Jobs that each need more room than the others leave may wait for each other: nobody looks at one that is held more often. */
const MAX_HELD_LOOKS = 6;
/** Jobs that are waited for at once. */
const ENDS_AT_ONCE = 64;

/** @param urls where the API is served; the caller turns to the next one whenever one is out of order. */
export function openClient(urls: readonly string[], apiKey: string): Client {
  const told: ToldJob[] = [];
  const byKey = new Map<string, ToldJob>();
  const problems: Problem[] = [];
  const ask = asker(urls, apiKey);

  const post = (idempotencyKey: string, body: object) =>
    ask.once("/v1/jobs", { headers: { "idempotency-key": idempotencyKey }, body });

  function noteAnswer(job: ToldJob, answer: Answered): boolean {
    problems.push(...note(job, answer));
    return hasEnded(answer);
  }

  async function end(job: ToldJob): Promise<void> {
    let heldLooks = 0;
    const look = async () => {
      const request = { headers: { prefer: `wait=${WAIT_SECONDS}` }, waitMs: WAIT_SECONDS * 1_000 };
      const answer = await ask.until(`/v1/jobs/${job.jobId}`, request);
      heldLooks = answer.body.held ? heldLooks + 1 : 0;
      if (answer.body.held?.resumes_at || heldLooks >= MAX_HELD_LOOKS) await cancel(job);
      return noteAnswer(job, answer);
    };
    await waitFor(look, { timeoutMs: END_MS, intervalMs: 100, what: `the end of ${job.jobId}` });
  }

  async function cancel(job: ToldJob): Promise<void> {
    job.isCancelAsked = true;
    noteAnswer(job, await ask.until(`/v1/jobs/${job.jobId}/cancel`, { method: "POST" }));
  }

  async function offer(idempotencyKey: string, body: object): Promise<ToldJob | null> {
    const answer = await ask.until("/v1/jobs", { headers: { "idempotency-key": idempotencyKey }, body });
    if (isOverBudget(answer)) return null;
    if (answer.status !== 202 || answer.body.id === undefined) {
      throw new Error(`${idempotencyKey} was refused: ${JSON.stringify(answer)}`);
    }
    const jobId = answer.body.id;
    const known = byKey.get(idempotencyKey);
    if (known?.jobId === jobId) return known;
    if (known !== undefined) {
      problems.push({ invariant: "I7", what: `${idempotencyKey} is ${known.jobId} and ${jobId}` });
    }
    const job = newlyTold(jobId, idempotencyKey, body);
    byKey.set(idempotencyKey, job);
    told.push(job);
    return job;
  }

  return {
    told,
    problems,
    requests: ask.log,
    post,
    offer,
    submit(idempotencyKey, body) {
      const accepted = () => offer(idempotencyKey, body);
      return waitFor(accepted, { timeoutMs: ACCEPT_MS, intervalMs: 500, what: `room for ${idempotencyKey}` });
    },
    async read<Body>(path: string) {
      return (await ask.until(path, {})).body as Body;
    },
    cancel,
    async look(job) {
      noteAnswer(job, await ask.once(`/v1/jobs/${job.jobId}`, {}));
    },
    async ended() {
      const left = told.values();
      const follow = async () => {
        for (const job of left) await end(job);
      };
      await Promise.all(Array.from({ length: ENDS_AT_ONCE }, follow));
    },
  };
}

interface Asked {
  headers?: Readonly<Record<string, string>>;
  body?: object;
  method?: string;
  /** How long the request asks to be held. */
  waitMs?: number;
}

/** Requests to whichever of the addresses answers, on the record. */
function asker(urls: readonly string[], apiKey: string) {
  const log = openRequestLog();
  let turn = 0;

  async function once(path: string, { headers, body, method, waitMs = 0 }: Asked) {
    const verb = method ?? (body === undefined ? "GET" : "POST");
    const asked = { what: `${verb} ${path}`, startedAtMs: Date.now(), waitMs };
    try {
      const response = await fetch(`${urls[turn % urls.length]}${path}`, {
        method: verb,
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(REQUEST_MS),
      });
      const text = await response.text();
      const answer: Answered = {
        ...{ status: response.status, startedAtMs: asked.startedAtMs },
        body: JSON.parse(text) as JobAnswer,
      };
      if (response.status >= 400) log.told(asked, text);
      log.answered(asked, response);
      if (response.status >= 500) turn += 1;
      return answer;
    } catch (error) {
      log.unanswered(asked);
      turn += 1;
      throw new Error(`${asked.what} at ${urls[(turn - 1) % urls.length]}: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Repeats a request until something answers it that is not out of order. */
  function until(path: string, asked: Asked) {
    let unclearMs = Number.NEGATIVE_INFINITY;
    const attempt = async () => {
      const startedAtMs = Date.now();
      try {
        const answer = await once(path, asked);
        if (answer.status >= 500) unclearMs = Date.now();
        // An earlier one whose answer was lost may still be accepted: until it cannot be any more, a no is none.
        const isUnclear = isOverBudget(answer) && startedAtMs < unclearMs + REQUEST_MS;
        return answer.status < 500 && !isUnclear ? answer : null;
      } catch (error) {
        unclearMs = Date.now();
        throw error;
      }
    };
    return waitFor(attempt, { timeoutMs: ACCEPT_MS, intervalMs: 500, what: `an answer from ${path}` });
  }
  return { log, once, until };
}

function isOverBudget({ status, body }: Answered): boolean {
  return status === 429 && body.code === "budget_exceeded";
}

/** Of a request that failed, the network's own word for it. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string } };
  return cause?.code === undefined ? message : `${message} (${cause.code})`;
}
