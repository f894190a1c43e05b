import { createHash } from "node:crypto";
import type { Invariant, Problem } from "./invariants.ts";

/** What a caller was told of a job. */
export interface ToldJob {
  jobId: string;
  idempotencyKey: string;
  /** Every terminal state that was ever answered for it. */
  ends: string[];
  /** When the caller was first told that the job has ended; null while it was not. */
  endedAtMs: number | null;
  /** SHA-256 of the answer's text, hexadecimal; null while there is none. */
  textSha256: string | null;
  /** When the caller was first told that the job is cancelled; null while it was not. */
  cancelledAtMs: number | null;
  /** The caller has asked for a cancel. */
  isCancelAsked: boolean;
  /** What was asked for in case that nobody learns how a call ended. */
  onUnknown: "retry" | "fail";
  /** The team that its metadata names; empty where it names none. */
  team: string;
}

export interface JobAnswer {
  id?: string;
  status?: string;
  result?: { text: string } | null;
  /** What it waits for; `resumes_at` where that is known. */
  held?: { resumes_at: string | null } | null;
  /** Of a request that was refused. */
  code?: string;
}

/** An answer, and when it was asked for. */
export interface Answered {
  status: number;
  body: JobAnswer;
  startedAtMs: number;
}

const TERMINAL = ["succeeded", "failed", "cancelled", "expired"];

export function newlyTold(jobId: string, idempotencyKey: string, body: object): ToldJob {
  const onUnknown = "on_unknown" in body && body.on_unknown === "fail" ? "fail" : "retry";
  return {
    ...{ jobId, idempotencyKey, onUnknown, team: teamIn(body), ends: [], endedAtMs: null },
    ...{ textSha256: null, cancelledAtMs: null, isCancelAsked: false },
  };
}

function teamIn(body: object): string {
  const metadata = "metadata" in body ? (body.metadata as Record<string, string>) : {};
  return metadata["team"] ?? "";
}

export function hasEnded({ body }: Answered): boolean {
  return TERMINAL.includes(body.status ?? "");
}

/** Notes how a job is now. Answers what cannot be, after what its caller was told before. */
export function note(job: ToldJob, answer: Answered): Problem[] {
  const problem = (invariant: Invariant, what: string) => [{ invariant, what: `${job.jobId} ${what}` }];
  const { status: state = "", result } = answer.body;
  if (answer.status >= 500) return [];
  if (answer.status >= 400)
    return problem("I1", `was accepted, and a request for it was answered ${answer.status}`);
  if (!hasEnded(answer)) {
    // Answers may overtake each other: only a question that came after the end counts.
    const isAfterEnd = job.endedAtMs !== null && answer.startedAtMs > job.endedAtMs;
    return isAfterEnd ? problem("I1", `was ${job.ends} and then ${state} again`) : [];
  }
  const isFirst = job.endedAtMs === null;
  const textSha256 = result ? createHash("sha256").update(result.text).digest("hex") : null;
  const isOther = !isFirst && job.ends.includes(state) && textSha256 !== job.textSha256;
  if (!job.ends.includes(state)) job.ends.push(state);
  job.endedAtMs ??= Date.now();
  if (state === "cancelled") job.cancelledAtMs ??= Date.now();
  job.textSha256 = textSha256;
  return isOther ? problem("I13", "was answered in two ways") : [];
}
