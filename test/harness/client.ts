import { createHash } from "node:crypto";
import { waitFor } from "@switchyard/testkit";

/** What a caller was told of a job. */
export interface ToldJob {
  jobId: string;
  idempotencyKey: string;
  /** Every terminal state that was ever answered for it. */
  ends: string[];
  /** SHA-256 of the answer's text, hexadecimal; null while there is none. */
  textSha256: string | null;
}

/** A caller who gives every job a key, repeats a submit until it is accepted, and keeps a list. */
export interface Client {
  readonly told: readonly ToldJob[];
  /** Submits until the job is accepted, whatever happens to the API meanwhile. */
  submit: (idempotencyKey: string, body: object) => Promise<ToldJob>;
  /** One submit as it comes: for those that are to be refused. */
  post: (idempotencyKey: string, body: object) => Promise<{ status: number; body: JobAnswer }>;
  /** Waits until every job on the list has ended. */
  ended: () => Promise<void>;
}

interface JobAnswer {
  id?: string;
  status?: string;
  result?: { text: string } | null;
}

const TERMINAL = ["succeeded", "failed", "cancelled", "expired"];
const ACCEPT_MS = 60_000;
const END_MS = 100_000;
const REQUEST_MS = 15_000;

export function openClient(url: string, apiKey: string): Client {
  const told: ToldJob[] = [];
  const headers = { authorization: `Bearer ${apiKey}`, "content-type": "application/json" };

  async function ask(path: string, request: RequestInit) {
    const response = await fetch(url + path, { ...request, signal: AbortSignal.timeout(REQUEST_MS) });
    return { status: response.status, body: (await response.json()) as JobAnswer };
  }

  const post = (idempotencyKey: string, body: object) =>
    ask("/v1/jobs", {
      method: "POST",
      headers: { ...headers, "idempotency-key": idempotencyKey },
      body: JSON.stringify(body),
    });

  /** Repeats a request until something answers it that is not out of order. */
  function persist<Answer extends { status: number }>(
    request: () => Promise<Answer>,
    what: string,
    timeoutMs: number,
  ): Promise<Answer> {
    const attempt = async () => {
      const answer = await request();
      return answer.status < 500 ? answer : null;
    };
    return waitFor(attempt, { timeoutMs, intervalMs: 50, what });
  }

  async function end(job: ToldJob): Promise<void> {
    const look = async () => {
      const path = `/v1/jobs/${job.jobId}`;
      const request = () => ask(path, { headers: { ...headers, prefer: "wait=5" } });
      const { body } = await persist(request, `an answer about ${job.jobId}`, ACCEPT_MS);
      if (!TERMINAL.includes(body.status ?? "")) return false;
      if (!job.ends.includes(body.status as string)) job.ends.push(body.status as string);
      job.textSha256 = body.result ? sha256(body.result.text) : null;
      return true;
    };
    await waitFor(look, { timeoutMs: END_MS, intervalMs: 100, what: `the end of ${job.jobId}` });
  }

  return {
    told,
    post,
    async submit(idempotencyKey, body) {
      const request = () => post(idempotencyKey, body);
      const answer = await persist(request, `a 202 for ${idempotencyKey}`, ACCEPT_MS);
      if (answer.status !== 202 || answer.body.id === undefined) {
        throw new Error(`${idempotencyKey} was refused: ${JSON.stringify(answer)}`);
      }
      const job = { jobId: answer.body.id, idempotencyKey, ends: [], textSha256: null };
      told.push(job);
      return job;
    },
    async ended() {
      await Promise.all(told.map(end));
    },
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
