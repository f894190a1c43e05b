import type { ChatMessage, JobClass } from "@switchyard/shared/contracts";
import type { JobRow, Ledger } from "@switchyard/shared/ledger";

/** A job that was answered and rated. */
export interface RatedAnswer {
  jobId: string;
  tenant: string;
  messages: readonly ChatMessage[];
  promptBytes: number;
  maxOutputTokens: number | null;
  /** The model that answered. */
  modelId: string;
  /** 0 to 1. */
  score: number;
  shouldHaveBeen: JobClass | null;
}

/** Why a rated job teaches nothing: it has no answer, or its prompt is past its retention time. */
export type PassedOver = "not answered" | "prompt is gone";

const PAGE_JOBS = 100;

/** The rated jobs of a tenant, or of all, a page at a time; at most `limit` of them, in no order. */
export async function* ratedAnswers(
  ledger: Pick<Ledger, "jobs" | "contents">,
  { tenant, limit }: { tenant: string | null; limit: number },
): AsyncGenerator<RatedAnswer | PassedOver> {
  let left = limit;
  for await (const page of ledger.jobs.rated(PAGE_JOBS)) {
    const wanted = page.filter((job) => tenant === null || job.tenant === tenant).slice(0, left);
    yield* await Promise.all(wanted.map((job) => answerOf(ledger, job)));
    left -= wanted.length;
    if (left <= 0) return;
  }
}

async function answerOf(
  { contents }: Pick<Ledger, "contents">,
  job: JobRow,
): Promise<RatedAnswer | PassedOver> {
  const { jobId, tenant, status, feedback, modelId, promptBytes, request } = job;
  // Why a job failed says little of how good its model's answers are.
  if (status !== "succeeded" || feedback === undefined || modelId === undefined) return "not answered";
  const messages = await contents.readPrompt(job).catch((error: { code?: unknown }) => {
    if (error.code === "ROW_INVALID") return null;
    throw error;
  });
  if (messages === null) return "prompt is gone";
  const { score, shouldHaveBeen = null } = feedback;
  const { maxOutputTokens } = request;
  return { jobId, tenant, messages, promptBytes, maxOutputTokens, modelId, score, shouldHaveBeen };
}
