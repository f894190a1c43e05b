import type { AttemptRow, JobRow, Ledger, StoredDecision } from "@switchyard/shared/ledger";
import type { Api } from "./support.ts";

type Driven = Pick<Api, "ledger" | "events">;

const PRICE = {
  id: "simulated/sim-small",
  bookVersion: "test",
  inputPicoUsd: 150_000n,
  outputPicoUsd: 600_000n,
};

export const DECISION: StoredDecision = {
  class: "SIMPLE",
  confidence: 0.9,
  strategy: "local",
  strategy_version: "1",
  reasons: ["a short question"],
  candidates: [{ model: "sim-small", expected_cost_usd: "0.00001", rejected_because: null }],
  cost_usd: "0",
  ms: 1,
  baseline: { model: "sim-large", price: { ...PRICE, id: "simulated/sim-large" } },
};

/** Moves jobs through the ledger as the stages do, and tells of it as they do. */
export function driver({ ledger, events }: Driven) {
  async function moved(transition: Promise<JobRow | null>): Promise<JobRow> {
    const job = await transition;
    if (job === null) throw new Error("the row moved meanwhile");
    events.publish(job);
    return job;
  }

  async function row(jobId: string): Promise<JobRow> {
    const job = await ledger.jobs.read(jobId);
    if (job === null) throw new Error(`${jobId} is not stored`);
    return job;
  }

  async function classify(jobId: string, decision = DECISION, modelId = "sim-small"): Promise<JobRow> {
    return moved(ledger.jobs.classified(await row(jobId), decision, { modelId }));
  }

  async function start(jobId: string): Promise<JobRow> {
    const classified = await classify(jobId);
    const claimUntil = Date.now() + 60_000;
    const claimed = await moved(ledger.jobs.claim(classified, { claimId: "test", claimUntil }));
    await ledger.attempts.intend({
      jobId,
      n: claimed.attempts,
      generation: claimed.generation,
      kind: "invoke",
      claimId: "test",
      modelId: "sim-small",
      providerId: "simulated",
      tenant: claimed.tenant,
      class: "SIMPLE",
      ...(claimed.keyId === undefined ? {} : { keyId: claimed.keyId }),
      ...(claimed.tags === undefined ? {} : { tags: claimed.tags }),
      startedAt: Date.now(),
      leaseUntil: claimUntil,
      price: PRICE,
      maxCostPicoUsd: 1_000_000_000n,
    });
    return claimed;
  }

  return {
    row,
    classify,
    start,
    /** Ends a job with an answer that took 10 + 5 tokens. */
    async succeed(jobId: string, text: string): Promise<JobRow> {
      return moved(answered(ledger, await start(jobId), text));
    },
    async fail(jobId: string): Promise<JobRow> {
      const failure = { code: "PROVIDER_REFUSED", message: "the provider refused the request" };
      return moved(
        ledger.jobs.end(await row(jobId), { status: "failed", failure, costPicoUsd: 0n, counted: [] }),
      );
    },
    async end(jobId: string, status: "cancelled" | "expired"): Promise<JobRow> {
      return moved(ledger.jobs.end(await row(jobId), { status, costPicoUsd: 0n, counted: [] }));
    },
  };
}

export const USAGE = {
  inputTokens: 10,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
};

async function answered(ledger: Ledger, job: JobRow, text: string): Promise<JobRow | null> {
  const { jobId, attempts: n } = job;
  const expiresAt = Math.ceil(Date.now() / 1_000) + 3_600;
  const resultChunks = await ledger.contents.writeResult({ jobId, attempt: n, text, expiresAt });
  const costPicoUsd = 4_500_000n;
  const baselinePicoUsd = 45_000_000n;
  await ledger.attempts.settle((await ledger.attempts.read(jobId, n)) as AttemptRow, {
    usage: USAGE,
    costPicoUsd,
    baselinePicoUsd,
    providerRequestId: "req_1",
    responseModel: "sim-small-1",
    finishReason: "stop",
    resultChunks,
  });
  await ledger.totals.add((await ledger.attempts.read(jobId, n)) as AttemptRow);
  const end = { status: "succeeded" as const, resultAttempt: n, costPicoUsd, counted: [n] };
  return ledger.jobs.end(job, { ...end, baselinePicoUsd });
}
