import { createHmac, randomBytes } from "node:crypto";
import type { JobClass } from "@switchyard/shared/contracts";
import type { Judgement } from "./judge/judge.ts";

/** A map that forgets what was not asked for longest, once it is full. */
export class LeastRecent<Value> {
  readonly #most: number;
  // A map keeps the order in which its keys were set.
  readonly #values = new Map<string, Value>();

  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    const [oldest] = this.#values.keys();
    if (this.#values.size > this.#most && oldest !== undefined) this.#values.delete(oldest);
  }
}

/**
 * What this process has judged before. Keys are HMACs under a key that lives and dies with the process, so that nothing
 * in it tells a prompt, or whether one was seen.
 */
export interface JudgementCache {
  local: LeastRecent<Judgement>;
  /** What a model said. */
  asked: LeastRecent<JobClass>;
  /** A key for what an answer depends on, every part of it. */
  keyOf: (...parts: readonly string[]) => string;
}

/** Entries of each kind: about a kilobyte each. */
const MOST = 5_000;

export function createJudgementCache(most: number = MOST): JudgementCache {
  const secret = randomBytes(32);
  return {
    local: new LeastRecent(most),
    asked: new LeastRecent(most),
    keyOf(...parts) {
      const hmac = createHmac("sha256", secret);
      // With its length before it no part can be taken for the end of another.
      for (const part of parts) hmac.update(`${part.length}:`).update(part);
      return hmac.digest("base64url");
    },
  };
}
