import { randomUUID } from "node:crypto";
import type { Catalogue, Model } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import {
  type Admission,
  type AdmissionAnswer,
  type AdmissionScope,
  BREAKER_TURNS,
  type BreakerTurn,
  type CallVerdict,
  type LimitName,
  RESERVATION_MS,
  type Reservation,
} from "@switchyard/shared/queues";
import type { Logger, Metrics } from "@switchyard/shared/telemetry";
import type { Outcome } from "./providers/index.ts";

/** The right to make one call. It is freed once, by whichever of these comes first. */
export interface Slot {
  /** The call finds out whether the model's breaker may close: its failure says nothing against the job. */
  isProbe: boolean;
  /**
   * What became of the call corrects the estimate and goes to the model's breaker, unless it was cut by us; a
   * Retry-After keeps all workers from the account.
   */
  freeAfter: (outcome: Outcome, isCutByUs?: boolean) => void;
  /** Nothing was sent. */
  free: () => void;
}

/** There is no room for the call now. */
export interface Refusal {
  limit: LimitName;
  retryAfterMs: number;
}

interface SlotOptions {
  admission: Admission;
  catalogue: Catalogue;
  model: Model;
  metrics: Metrics;
  log: Logger;
}

/**
 * Asks for one call of at most so many tokens under the limits of the model and of its provider's account, and
 * under the model's breaker, whose probe it leaves to others for `probeAfterMs`.
 * @throws SwitchyardError QUEUE_UNAVAILABLE when nobody can say whether there is room.
 */
export async function takeSlot(
  options: SlotOptions,
  tokens: number,
  probeAfterMs = 0,
): Promise<Slot | Refusal> {
  const { admission, catalogue, model } = options;
  const provider = catalogue.providers.get(model.providerId);
  if (provider === undefined) throw new SwitchyardError("INTERNAL_FAULT", `${model.id} has no provider`);
  const account: AdmissionScope = { kind: "provider", id: provider.id, limits: provider.limits };
  const asked: Reservation = {
    // Two runs of one job must not share a slot: the one that loses the claim would free it for both.
    reservationId: randomUUID(),
    scopes: [{ kind: "model", id: model.id, limits: model.limits }, account],
    tokens,
    leaseMs: RESERVATION_MS,
    probeAfterMs,
  };
  const answer = await admitted(options, asked);
  if (!answer.admitted) return answer;
  const reservation = { ...asked, isProbe: answer.isProbe === true };
  // A process that cannot renew or release leaves the slot to its lease.
  const renewal = setInterval(() => admission.renew(reservation).catch(() => {}), RESERVATION_MS / 3);
  let isFree = false;
  const release = (usedTokens: number | undefined, verdict: CallVerdict) => {
    if (isFree) return;
    isFree = true;
    clearInterval(renewal);
    // Not waited for: what was paid is written down first, also while Redis is away.
    admission
      .release(reservation, usedTokens, verdict)
      .then((turn) => noteTurn(options, turn))
      .catch(() => {});
  };
  return {
    isProbe: reservation.isProbe,
    free: () => release(0, "none"),
    freeAfter(outcome, isCutByUs = false) {
      const waitMs = retryAfterOf(outcome);
      if (waitMs !== undefined) admission.hold(account, waitMs).catch(() => {});
      release(usedTokensOf(outcome), isCutByUs ? "none" : verdictOn(outcome));
    },
  };
}

async function admitted(
  { admission, model, metrics }: SlotOptions,
  reservation: Reservation,
): Promise<AdmissionAnswer> {
  let answer: AdmissionAnswer;
  try {
    answer = await admission.admit(reservation);
  } catch (error) {
    // It may have been admitted all the same, as a probe too.
    admission.release({ ...reservation, isProbe: true }, 0).catch(() => {});
    throw error;
  }
  if (!answer.admitted) {
    metrics.limiterRefusals.inc({ model: model.id, limit: answer.limit });
    metrics.limiterWaitSeconds.observe({ model: model.id }, answer.retryAfterMs / 1_000);
  }
  return answer;
}

/** Of all processes only the one whose call turned the breaker hears of it. */
function noteTurn({ model, metrics, log }: SlotOptions, turn: BreakerTurn | null): void {
  if (turn === null) return;
  const to = BREAKER_TURNS[turn];
  metrics.breakerTurns.inc({ model: model.id, to, reason: turn });
  const level = to === "open" ? "warn" : "info";
  log[level]({ model: model.id, reason: turn }, to === "open" ? "breaker opened" : "breaker closed");
}

/**
 * What a call says about its model. A refusal or a request to slow down comes from a provider that lives; a call
 * that was withdrawn, or never left, says nothing.
 */
function verdictOn(outcome: Outcome): CallVerdict {
  if (outcome.kind === "settled") return "alive";
  if (outcome.kind === "unknown") return "failed";
  if (outcome.kind === "abandoned") return "none";
  const { code } = outcome.error;
  if (code === "PROVIDER_KEY_REFUSED") return "key_refused";
  if (code === "PROVIDER_UNAVAILABLE") return "failed";
  return code === "PROCESS_STOPPING" || code === "INTERNAL_FAULT" ? "none" : "alive";
}

function retryAfterOf(outcome: Outcome): number | undefined {
  if (outcome.kind !== "void" || outcome.error.code !== "PROVIDER_THROTTLED") return undefined;
  return outcome.error.retryAfterMs;
}

/** Undefined: nobody knows, so what was reserved stays counted. */
export function usedTokensOf(outcome: Outcome): number | undefined {
  if (outcome.kind === "void") return 0;
  if (outcome.kind !== "settled") return undefined;
  const { inputTokens, cachedInputTokens, cacheWriteTokens, outputTokens } = outcome.usage;
  return inputTokens + cachedInputTokens + cacheWriteTokens + outputTokens;
}
