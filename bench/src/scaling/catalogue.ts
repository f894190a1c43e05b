/** What the simulated account allows, and how long its calls take. */
export interface Quota {
  requestsPerMinute: number;
  /** Calls in flight per worker. */
  concurrency: number;
  /** The first call of each job to `late` is refused, to be repeated after so long. */
  retryAfterSeconds: number;
}

/** The models of the pool: one under the quota, and one that asks for patience once. */
export const POOL_MODELS = ["sim-small", "late"] as const;

/** A catalogue of one pool. */
export function catalogueOf({ requestsPerMinute, concurrency, retryAfterSeconds }: Quota): string {
  const model = `
    provider: simulated
    price: simulated/sim-small
    window_tokens: 128000
    max_output_tokens: 16384
    timeout_ms: 30000
    concurrency: ${concurrency}`;
  return `
version: 1
providers:
  simulated:
    kind: openai
    base_url_env: SIMULATOR_URL
    base_path: /v1
models:
  sim-small:${model}
    strength: 20
    limits: { requests_per_minute: ${requestsPerMinute} }
  late:${model}
    strength: 10
    provider_model: fault-429;retry-after=${retryAfterSeconds};times=1;per=job
routes:
  SIMPLE: [sim-small]
  CALCULATION: [sim-small]
  COMPLEX: [sim-small]
classifier:
  mode: local
  expected_output_tokens: { SIMPLE: 150, CALCULATION: 400, COMPLEX: 1200 }
`;
}
