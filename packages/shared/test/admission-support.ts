import { randomUUID } from "node:crypto";
import { testRedis, uniquePrefix, waitFor } from "@switchyard/testkit";
import type { Redis } from "ioredis";
import type { Limits } from "../src/catalogue/index.ts";
import {
  type Admission,
  type AdmissionScope,
  connect,
  openAdmission,
  type Reservation,
} from "../src/queues/index.ts";

export function account(limits: Partial<Limits> = {}, id = "account"): AdmissionScope {
  const none = { requestsPerMinute: null, tokensPerMinute: null, inFlight: null };
  return { kind: "provider", id, limits: { ...none, ...limits } };
}

export function aModel(limits: Partial<Limits> = {}, id = "model"): AdmissionScope {
  return { ...account(limits, id), kind: "model" };
}

export function aCall(scopes: AdmissionScope[], rest: Partial<Reservation> = {}): Reservation {
  return { reservationId: randomUUID(), scopes, tokens: 1, leaseMs: 60_000, ...rest };
}

export interface TestAdmission extends Admission {
  url: string;
  prefix: string;
  redis: Redis;
  /** The same limits over another connection. */
  another: () => Promise<Admission>;
  /** How many of so many calls are admitted, one after the other. */
  admitted: (count: number, scopes: AdmissionScope[]) => Promise<number>;
  keyOf: (scope: AdmissionScope, what: string) => string;
  [Symbol.asyncDispose]: () => Promise<void>;
}

/** Limits under a prefix of their own. */
export async function usingAdmission(givenUrl?: string): Promise<TestAdmission> {
  const shared = givenUrl === undefined ? await testRedis() : null;
  const url = givenUrl ?? (shared?.url as string);
  const prefix = uniquePrefix("{admission}");
  const connections: Redis[] = [];
  const open = async () => {
    const redis = connect(url, "producer");
    connections.push(redis);
    await waitFor(() => redis.status === "ready");
    return redis;
  };
  const redis = await open();
  const admission = openAdmission(redis, prefix);
  return {
    ...admission,
    url,
    prefix,
    redis,
    another: async () => openAdmission(await open(), prefix),
    async admitted(count, scopes) {
      let sum = 0;
      for (let index = 0; index < count; index += 1) {
        if ((await admission.admit(aCall(scopes))).admitted) sum += 1;
      }
      return sum;
    },
    keyOf: (scope, what) => `${prefix}:admission:${scope.kind}:${scope.id}:${what}`,
    async [Symbol.asyncDispose]() {
      for (const connection of connections) connection.disconnect();
      await shared?.stop();
    },
  };
}
