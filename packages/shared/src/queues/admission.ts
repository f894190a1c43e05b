import type { Redis } from "ioredis";
import type { Limits } from "../catalogue/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import { bucket } from "./admission-bucket.ts";
import { ADMIT, HOLD, RELEASE, RENEW } from "./admission-scripts.ts";
import { queueName } from "./queue-names.ts";

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
}

export type LimitName = "requests" | "tokens" | "in_flight" | "hold";

export type AdmissionAnswer =
  | { admitted: true }
  /** `retryAfterMs` is spread at random, so that all who wait ask about as often as there is room. */
  | { admitted: false; limit: LimitName; retryAfterMs: number };

/**
 * Who may call, decided in one place for all processes. Every method throws SwitchyardError QUEUE_UNAVAILABLE
 * when Redis cannot be asked: then nothing is admitted.
 */
export interface Admission {
  admit: (reservation: Reservation) => Promise<AdmissionAnswer>;
  /** Keeps the slot of a call on the wire for another lease, also in a Redis that has lost it. */
  renew: (reservation: Reservation) => Promise<void>;
  /** Frees the slot; `usedTokens` then count instead of what was reserved. May be called any number of times. */
  release: (reservation: Reservation, usedTokens?: number) => Promise<void>;
  /** Nothing more is admitted to the scope for so long; an hour at most. */
  hold: (scope: AdmissionScope, holdMs: number) => Promise<void>;
}

/** Renewed every third of it: a process that was killed keeps a slot no longer, and Redis may be away as long. */
export const RESERVATION_MS = 45_000;
const MAX_WAIT_MS = 60_000;
const MAX_HOLD_MS = 3_600_000;

interface Scripts {
  switchyardAdmit(keys: number, ...rest: (string | number)[]): Promise<[string, number, number]>;
  switchyardRenew(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardRelease(keys: number, ...rest: (string | number)[]): Promise<number>;
  switchyardHold(keys: number, ...rest: (string | number)[]): Promise<number>;
}

/** All keys start with the queues' prefix, whose hash tag keeps them in one slot of a cluster. */
export function openAdmission(redis: Redis, prefix: string): Admission {
  redis.defineCommand("switchyardAdmit", { lua: ADMIT });
  redis.defineCommand("switchyardRenew", { lua: RENEW });
  redis.defineCommand("switchyardRelease", { lua: RELEASE });
  redis.defineCommand("switchyardHold", { lua: HOLD });
  const scripts = redis as Redis & Scripts;
  const keyOf = (scope: AdmissionScope, what: string) =>
    `${prefix}:admission:${scope.kind}:${scope.id}:${what}`;
  const reservationKey = (id: string) => `${prefix}:admission:reservation:${id}`;
  const waitingKey = (scopes: readonly AdmissionScope[]) => {
    const model = scopes.find(({ kind }) => kind === "model");
    return `${prefix}:${queueName("invoke", model?.id ?? "none")}:delayed`;
  };

  return {
    async admit({ reservationId, scopes, tokens, leaseMs }) {
      const keys = [
        reservationKey(reservationId),
        waitingKey(scopes),
        ...scopes.flatMap((scope) =>
          ["requests", "tokens", "in-flight", "hold"].map((what) => keyOf(scope, what)),
        ),
      ];
      const terms = scopes.flatMap(({ limits }) => [
        ...bucket(limits.requestsPerMinute),
        ...bucket(limits.tokensPerMinute),
        limits.inFlight ?? 0,
      ]);
      const rest = [reservationId, tokens, isLimited(scopes) ? leaseMs : 0, ...terms];
      const [limit, waitMs, spreadMs] = await answered(() =>
        scripts.switchyardAdmit(keys.length, ...keys, ...rest),
      );
      if (limit === "") return { admitted: true };
      const retryAfterMs = Math.max(waitMs, Math.min(waitMs + Math.random() * spreadMs, MAX_WAIT_MS));
      return { admitted: false, limit: limit as LimitName, retryAfterMs: Math.ceil(retryAfterMs) };
    },
    async renew({ reservationId, scopes, leaseMs }) {
      if (!isLimited(scopes)) return;
      const limited = scopes.filter(({ limits }) => limits.inFlight !== null);
      const keys = [reservationKey(reservationId), ...limited.map((scope) => keyOf(scope, "in-flight"))];
      await answered(() => scripts.switchyardRenew(keys.length, ...keys, reservationId, leaseMs));
    },
    async release({ reservationId, scopes }, usedTokens) {
      if (!isLimited(scopes)) return;
      const keys = [
        reservationKey(reservationId),
        ...scopes.flatMap((scope) => [keyOf(scope, "tokens"), keyOf(scope, "in-flight")]),
      ];
      const usPerToken = scopes.map(({ limits }) => bucket(limits.tokensPerMinute)[0]);
      const rest = [reservationId, usedTokens ?? "", ...usPerToken];
      await answered(() => scripts.switchyardRelease(keys.length, ...keys, ...rest));
    },
    async hold(scope, holdMs) {
      const boundedMs = Math.ceil(Math.min(holdMs, MAX_HOLD_MS));
      if (boundedMs < 1) return;
      await answered(() => scripts.switchyardHold(1, keyOf(scope, "hold"), boundedMs));
    },
  };
}

/** Without a limit a call is only asked about holds, and leaves nothing in Redis. */
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
