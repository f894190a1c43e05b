import type { EndedCall } from "@switchyard/shared/ledger-bulk";
import { priceUsage } from "@switchyard/shared/pricing";
import { uniforms } from "../random.ts";

const HOUR_MS = 3_600_000;
const PRICE = { bookVersion: "bench", requestPicoUsd: 0n } as const;
/** USD 0.15 and 0.60 for a million tokens, as a number of times. */
const DEARNESS: Record<string, bigint> = { "sim-small": 1n, "sim-math": 4n, "sim-large": 20n };

/** By share: what comes first takes most. */
const TENANTS = { bench: 0.4, t1: 0.2, t2: 0.15, t3: 0.15, t4: 0.1 };
const CLASSES = { SIMPLE: 0.6, CALCULATION: 0.25, COMPLEX: 0.15 } as const;
const MODELS = {
  SIMPLE: { "sim-small": 0.9, "sim-large": 0.1 },
  CALCULATION: { "sim-math": 0.8, "sim-large": 0.2 },
  COMPLEX: { "sim-large": 1 },
} as const;
const KEYS = { k1: 0.7, k2: 0.3 };
const TEAMS = { growth: 0.5, core: 0.3, "": 0.2 };
const ENDS = { answered: 0.95, inVain: 0.02, unpriced: 0.01, unknown: 0.01, void: 0.01 };

/** Calls that ended within an hour, the same for the same hour. */
export function endedCalls({ hourMs, count }: { hourMs: number; count: number }): EndedCall[] {
  const next = uniforms(hourMs / HOUR_MS);
  return Array.from({ length: count }, (_, index) => {
    const at = hourMs + Math.floor((index * HOUR_MS) / count);
    return endedCall({ at, id: `${hourMs.toString(36)}${index.toString(36)}`, next });
  });
}

function endedCall({ at, id, next }: { at: number; id: string; next: () => number }): EndedCall {
  const jobClass = drawn(CLASSES, next());
  const modelId = drawn<string>(MODELS[jobClass], next());
  const dearness = DEARNESS[modelId] ?? 1n;
  const price = {
    ...{ id: `simulated/${modelId}`, ...PRICE },
    ...{ inputPicoUsd: 150_000n * dearness, outputPicoUsd: 600_000n * dearness },
  };
  const team = drawn(TEAMS, next());
  const call = {
    ...{ jobId: `job_${id}`, n: 1, generation: 1, kind: "invoke" as const, claimId: id },
    ...{ modelId, providerId: "simulated", tenant: drawn(TENANTS, next()), class: jobClass },
    ...{ keyId: drawn(KEYS, next()), ...(team === "" ? {} : { tags: { team } }) },
    ...{ startedAt: at - 2_000, endedAt: at, leaseUntil: at + 60_000 },
    ...{ price, maxCostPicoUsd: 10n ** 10n * dearness },
  };
  return { ...call, ...endOf(drawn(ENDS, next()), price, next) };
}

type Price = Pick<EndedCall, "price">["price"];

function endOf(end: keyof typeof ENDS, price: Price, next: () => number) {
  const error = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };
  if (end === "unknown" || end === "void") return { state: end, error };
  const usage = {
    ...{ inputTokens: Math.floor(next() * 4_000), cachedInputTokens: 0, cacheWriteTokens: 0 },
    ...{ outputTokens: Math.floor(next() * 800), reasoningTokens: 0 },
  };
  const settled = { state: "settled" as const, providerRequestId: "request", finishReason: "stop" };
  // A price that states no rate for cached tokens.
  if (end === "unpriced") {
    return {
      ...settled,
      usage: { ...usage, cachedInputTokens: 10 },
      unpriced: "cachedInput",
      resultChunks: 1,
    };
  }
  const priced = priceUsage(price, usage);
  if (!("costPicoUsd" in priced)) throw new Error("a call of the benchmark has no price");
  const paid = { ...settled, usage, costPicoUsd: priced.costPicoUsd };
  return end === "inVain" ? paid : { ...paid, resultChunks: 1, baselinePicoUsd: 20n * priced.costPicoUsd };
}

/** The name whose share a number from 0 to 1 falls into. */
function drawn<Name extends string>(shares: Readonly<Partial<Record<Name, number>>>, at: number): Name {
  let left = at;
  for (const [name, share] of Object.entries<number | undefined>(shares)) {
    left -= share ?? 0;
    if (left < 0) return name as Name;
  }
  return Object.keys(shares)[0] as Name;
}
