import type { AttemptRow, JobRow } from "@switchyard/shared/ledger";

export const NOW = 1_000_000;

/** A job that is due for its call. */
export function job(over: Partial<JobRow> = {}): JobRow {
  return {
    jobId: "job_7zk3m0q9x2v5b8n1c4d6f7g9h2",
    tenant: "acme",
    fingerprint: "f",
    status: "running",
    dueStage: "invoke",
    generation: 1,
    version: 3,
    createdAt: NOW - 5_000,
    updatedAt: NOW - 1_000,
    deadlineAt: NOW + 60_000,
    request: {
      model: "auto",
      maxOutputTokens: null,
      maxCostUsd: null,
      onUnknown: "retry",
      priority: "normal",
      metadata: {},
    },
    promptChunks: 1,
    promptBytes: 10,
    modelId: "sim-small",
    attempts: 0,
    sweeps: 0,
    ...over,
  };
}

export type Facts = Partial<AttemptRow>;

/** Its attempts, in order: calls that were void unless a fact says otherwise. */
export function attempts(...facts: Facts[]): AttemptRow[] {
  return facts.map((over, index) => ({
    jobId: "job_7zk3m0q9x2v5b8n1c4d6f7g9h2",
    n: index + 1,
    generation: 1,
    kind: "invoke",
    state: "void",
    claimId: "c",
    modelId: "sim-small",
    providerId: "sim",
    tenant: "acme",
    class: "SIMPLE",
    startedAt: NOW - 2_000,
    leaseUntil: NOW - 1_000,
    price: { id: "p", bookVersion: "1", inputPicoUsd: 1n, outputPicoUsd: 1n },
    maxCostPicoUsd: 100n,
    ...over,
  }));
}
