import type { Redis } from "ioredis";
import type { Limits } from "../catalogue/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import type { BreakerReason, BreakerTurn, CallVerdict } from "./admission-breaker.ts";
import { bucket } from "./admission-bucket.ts";
import { ADMIT, HOLD, RELEASE, RENEW } from "./admission-scripts.ts";

/** What has limits of its own: a model, or a provider's account. */
export interface AdmissionScope {
  kind: "model" | "provider";
  id: string;
  limits: Limits;
}

/** One call, before it is made. */
export interface Reservation {
  /** Another one for each call that may be made: a repeat of the same is the same call. */
  reservationId: string;
  /** The call must fit all of them; none is charged unless all admit it. */
  scopes: readonly AdmissionScope[];
  /** What it may take at most. */
  tokens: number;
  /** How long its slot is kept for it unless it is renewed or released. */
  leaseMs: number;
  /** For so long after a probe of the model is due it is left to other calls; at once unless given. */
  probeAfterMs?: number;
  /** It was admitted as the probe of an open breaker. */
  isProbe?: boolean;
}

/** `breaker`: the model's calls fail, so that none is made for now. */
export const LIMIT_NAMES = ["requests", "tokens", "in_flight", "hold", "breaker"] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

export type AdmissionAnswer =
  /** `isProbe`: the one call that finds out whether the model's breaker may close. */
  | { admitted: true; isProbe?: true }
  /** `retryAfterMs` is up to a tenth longer than it takes, at random, so that processes do not come as a herd. */
  | { admitted: false; limit: LimitName; retryAfterMs: number };

/**
 * Who may call, decided in one place for all processes. Every method throws SwitchyardError QUEUE_UNAVAILABLE
 * when Redis cannot be asked: then nothing is admitted.
 */
export interface Admission {
  admit: (reservation: Reservation) => Promise<AdmissionAnswer>;
  /** Keeps the slot of a call on the wire for another lease, also in a Redis that has lost it. */
  renew: (reservation: Reservation) => Promise<void>;
  /**
   * Frees the slot; `usedTokens` then count instead of what was reserved, and the verdict on the call goes to the
   * breaker of its model. Answers the turn that the breaker took on it. May be called any number of times.
   */
  release: (
    reservation: Reservation,
    usedTokens?: number,
    verdict?: CallVerdict,
  ) => Promise<BreakerTurn | null>;
  /** Nothing more is admitted to the scope for so long; an hour at most. */
  hold: (scope: AdmissionScope, holdMs: number) => Promise<void>;
  /** Why the breaker of each of these models is open; null: it is closed. */
  breakers: (modelIds: readonly string[]) => Promise<(BreakerReason | null)[]>;
}

/** Renewed every third of it: a process that was killed keeps a slot no longer, and Redis may be away as long. */
export const RESERVATION_MS = 45_000;
/** So that processes that wait for the same instant do not come as a herd. */
const JITTER = 0.1;
const MAX_HOLD_MS = 3_600_000;

interface Scripts {
  switchyardAdmit(keys: number, ...rest: (string | number)[]): Promise<[string, number, number]>;
  switchyardRenew(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardRelease(keys: number, ...rest: (string | number)[]): Promise<BreakerTurn | "">;
  switchyardHold(keys: number, ...rest: (string | number)[]): Promise<number>;
}

function scriptsOn(redis: Redis): Redis & Scripts {
  redis.defineCommand("switchyardAdmit", { lua: ADMIT });
  redis.defineCommand("switchyardRenew", { lua: RENEW });
  redis.defineCommand("switchyardRelease", { lua: RELEASE });
  redis.defineCommand("switchyardHold", { lua: HOLD });
  return redis as Redis & Scripts;
}

/** All keys start with the queues' prefix, whose hash tag keeps them in one slot of a cluster. */
function keysUnder(prefix: string) {
  const of = ({ kind, id }: Pick<AdmissionScope, "kind" | "id">, what: string) =>
    `${prefix}:admission:${kind}:${id}:${what}`;
  return {
    of,
    reservation: (id: string) => `${prefix}:admission:reservation:${id}`,
    breaker: (modelId: string) => of({ kind: "model", id: modelId }, "breaker"),
    probe: (modelId: string) => of({ kind: "model", id: modelId }, "probe"),
  };
}

export function openAdmission(redis: Redis, prefix: string): Admission {
  const scripts = scriptsOn(redis);
  const keysOf = keysUnder(prefix);
  /** Most calls succeed, and a success is no news: it is told with the next call that is asked for. */
  const untold = new Map<string, number>();

  return {
    async admit(reservation) {
      const { reservationId, scopes, tokens, leaseMs, probeAfterMs = 0 } = reservation;
      const model = modelOf(scopes);
      const keys = [
        ...[keysOf.reservation(reservationId), keysOf.breaker(model), keysOf.probe(model)],
        ...scopes.flatMap((scope) => SCOPE_KEYS.map((what) => keysOf.of(scope, what))),
      ];
      const succeeded = untold.get(model) ?? 0;
      untold.delete(model);
      const call = [reservationId, tokens, leaseMs, isLimited(scopes) ? 1 : 0, succeeded, probeAfterMs];
      const rest = [...call, ...termsOf(scopes)];
      const [limit, waitMs, isProbe] = await answered(() =>
        scripts.switchyardAdmit(keys.length, ...keys, ...rest),
      );
      if (limit === "") return { admitted: true, ...(isProbe === 1 ? { isProbe: true } : {}) };
      const retryAfterMs = Math.ceil(waitMs * (1 + Math.random() * JITTER));
      return { admitted: false, limit: limit as LimitName, retryAfterMs };
    },
    async renew(reservation) {
      const { reservationId, scopes, leaseMs } = reservation;
      const isKept = isLimited(scopes);
      if (!isKept && reservation.isProbe !== true) return;
      const limited = scopes.filter(({ limits }) => limits.inFlight !== null);
      const slots = limited.map((scope) => keysOf.of(scope, "in-flight"));
      const keys = [keysOf.reservation(reservationId), keysOf.probe(modelOf(scopes)), ...slots];
      const rest = [reservationId, leaseMs, isKept ? 1 : 0];
      await answered(() => scripts.switchyardRenew(keys.length, ...keys, ...rest));
    },
    async release(reservation, usedTokens, verdict = "none") {
      const { reservationId, scopes, isProbe = false } = reservation;
      const model = modelOf(scopes);
      if (verdict === "alive" && !isProbe) untold.set(model, (untold.get(model) ?? 0) + 1);
      const isNews = isProbe || verdict === "failed" || verdict === "key_refused";
      if (!isNews && !isLimited(scopes)) return null;
      const keys = [
        ...[keysOf.reservation(reservationId), keysOf.breaker(model), keysOf.probe(model)],
        ...scopes.flatMap((scope) => [keysOf.of(scope, "tokens"), keysOf.of(scope, "in-flight")]),
      ];
      const usPerToken = scopes.map(({ limits }) => bucket(limits.tokensPerMinute)[0]);
      const rest = [reservationId, usedTokens ?? "", verdict, ...usPerToken];
      const turn = await answered(() => scripts.switchyardRelease(keys.length, ...keys, ...rest));
      return turn === "" ? null : turn;
    },
    async hold(scope, holdMs) {
      const boundedMs = Math.ceil(Math.min(holdMs, MAX_HOLD_MS));
      if (boundedMs < 1) return;
      await answered(() => scripts.switchyardHold(1, keysOf.of(scope, "hold"), boundedMs));
    },
    async breakers(modelIds) {
      const reasons = modelIds.map((id) => answered(() => redis.hget(keysOf.breaker(id), "reason")));
      return (await Promise.all(reasons)) as (BreakerReason | null)[];
    },
  };
}

const SCOPE_KEYS = ["requests", "tokens", "in-flight", "hold"] as const;

function termsOf(scopes: readonly AdmissionScope[]): number[] {
  return scopes.flatMap(({ limits }) => [
    ...bucket(limits.requestsPerMinute),
    ...bucket(limits.tokensPerMinute),
    limits.inFlight ?? 0,
  ]);
}

/** Whose breaker a call goes by. */
function modelOf(scopes: readonly AdmissionScope[]): string {
  return scopes.find(({ kind }) => kind === "model")?.id ?? "none";
}

/** Without a limit a call is only asked about holds and its breaker, and leaves nothing of itself in Redis. */
function isLimited(scopes: readonly AdmissionScope[]): boolean {
  return scopes.some(({ limits }) => Object.values(limits).some((limit) => limit !== null));
}

async function answered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw new SwitchyardError("QUEUE_UNAVAILABLE", "Redis did not say whether a call fits the limits", {
      cause: error,
    });
  }
}
