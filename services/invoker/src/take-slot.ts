import { randomUUID } from "node:crypto";
import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import {
  type Admission,
  type AdmissionAnswer,
  type AdmissionScope,
  RESERVATION_MS,
  type Reservation,
} from "@switchyard/shared/queues";
import type { Metrics } from "@switchyard/shared/telemetry";
import type { Outcome } from "./providers/index.ts";

/** The right to make one call. It is freed once, by whichever of these comes first. */
export interface Slot {
  /** What became of the call corrects the estimate; a Retry-After keeps all workers from the account. */
  freeAfter: (outcome: Outcome) => void;
  free: (usedTokens?: number) => void;
}

interface SlotOptions {
  admission: Admission;
  catalogue: Catalogue;
  model: Model;
  metrics: Metrics;
}

/**
 * Asks for one call of at most so many tokens under the limits of the model and of its provider's account.
 * @throws SwitchyardError LIMIT_REACHED, saying when to ask again, or QUEUE_UNAVAILABLE.
 */
export async function takeSlot(options: SlotOptions, tokens: number): Promise<Slot> {
  const { admission, catalogue, model } = options;
  const provider = catalogue.providers.get(model.providerId);
  if (provider === undefined) throw new SwitchyardError("INTERNAL_FAULT", `${model.id} has no provider`);
  const account: AdmissionScope = { kind: "provider", id: provider.id, limits: provider.limits };
  const reservation: Reservation = {
    // Two runs of one job must not share a slot: the one that loses the claim would free it for both.
    reservationId: randomUUID(),
    scopes: [{ kind: "model", id: model.id, limits: model.limits }, account],
    tokens,
    leaseMs: RESERVATION_MS,
  };
  await admitted(options, reservation);
  // A process that cannot renew or release leaves the slot to its lease.
  const renewal = setInterval(() => admission.renew(reservation).catch(() => {}), RESERVATION_MS / 3);
  let isFree = false;
  const free = (usedTokens?: number) => {
    if (isFree) return;
    isFree = true;
    clearInterval(renewal);
    // Not waited for: what was paid is written down first, also while Redis is away.
    admission.release(reservation, usedTokens).catch(() => {});
  };
  return {
    free,
    freeAfter(outcome) {
      const waitMs = retryAfterOf(outcome);
      if (waitMs !== undefined) admission.hold(account, waitMs).catch(() => {});
      free(usedTokensOf(outcome));
    },
  };
}

async function admitted({ admission, model, metrics }: SlotOptions, reservation: Reservation): Promise<void> {
  let answer: AdmissionAnswer;
  try {
    answer = await admission.admit(reservation);
  } catch (error) {
    // It may have been admitted all the same.
    admission.release(reservation, 0).catch(() => {});
    throw error;
  }
  if (answer.admitted) return;
  const { limit, retryAfterMs } = answer;
  metrics.limiterRefusals.inc({ model: model.id, limit });
  metrics.limiterWaitSeconds.observe({ model: model.id }, retryAfterMs / 1_000);
  throw new SwitchyardError("LIMIT_REACHED", `no room for a call of ${model.id} (${limit})`, {
    retryAfterMs,
  });
}

function retryAfterOf(outcome: Outcome): number | undefined {
  if (outcome.kind !== "void" || outcome.error.code !== "PROVIDER_THROTTLED") return undefined;
  return outcome.error.retryAfterMs;
}

/** Undefined: nobody knows, so what was reserved stays counted. */
function usedTokensOf(outcome: Outcome): number | undefined {
  if (outcome.kind === "void") return 0;
  if (outcome.kind !== "settled") return undefined;
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = outcome.usage;
  return inputTokens + cachedInputTokens + cacheWriteTokens + outputTokens;
}
