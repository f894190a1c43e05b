import { createHmac, timingSafeEqual } from "node:crypto";
import type { ClassBounds } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { AccessKeyRow, AccessKeys, Scope } from "@switchyard/shared/ledger";
import { LRUCache } from "lru-cache";

/** Who is asking: from the key alone, never from the body. */
export interface Caller {
  tenant: string;
  keyId: string;
  scopes: readonly Scope[];
  /** Of the classes that its jobs may be routed as. */
  bounds: ClassBounds;
}

/** `sk-sy-<id>-<secret>`. The format is checked before anything is looked up. */
const KEY_FORMAT = /^sk-sy-([a-z0-9]{2,32})-([A-Za-z0-9_-]{16,128})$/;
/** A revoked key is refused after at most so long. */
const CACHE_MS = 5_000;

/** @throws RangeError when the text is no key of ours. */
export function parseAccessKey(key: string): { keyId: string; secret: string } {
  const match = KEY_FORMAT.exec(key);
  if (match === null)
    throw new RangeError("an API key is sk-sy-<id>-<secret>, its secret 16 to 128 characters");
  return { keyId: match[1] as string, secret: match[2] as string };
}

export function hashSecret(pepper: string, secret: string): string {
  return createHmac("sha256", pepper).update(secret).digest("hex");
}

/**
 * Checks callers' keys. Every way to be refused looks the same and takes the same path: a key that does
 * not exist is compared with a digest all the same.
 */
export function accessChecker(pepper: string) {
  const known = new LRUCache<string, { row: AccessKeyRow | null }>({ max: 10_000, ttl: CACHE_MS });

  async function rowOf(accessKeys: AccessKeys, keyId: string): Promise<AccessKeyRow | null> {
    const cached = known.get(keyId);
    if (cached !== undefined) return cached.row;
    const row = await accessKeys.find(keyId);
    known.set(keyId, { row });
    return row;
  }

  /**
   * @param authorization the request's headers of that name; of two it would be unclear which one counts.
   * @throws SwitchyardError KEY_REJECTED.
   */
  return async function check(
    authorization: readonly string[] | undefined,
    accessKeys: AccessKeys,
  ): Promise<Caller> {
    const only = authorization?.length === 1 ? authorization[0] : undefined;
    const match = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(only ?? "");
    const format = KEY_FORMAT.exec(match?.[1] ?? "");
    if (format === null) throw refused();
    const [, keyId = "", secret = ""] = format;
    const row = await rowOf(accessKeys, keyId);
    const given = Buffer.from(hashSecret(pepper, secret), "hex");
    const stored = Buffer.from(row?.secretHash ?? hashSecret(pepper, "no such key"), "hex");
    const isEqual = given.length === stored.length && timingSafeEqual(given, stored);
    const now = Date.now();
    if (row === null || !isEqual || row.revokedAt !== undefined || (row.notAfter ?? now) < now)
      throw refused();
    const bounds = { min: row.minClass ?? null, max: row.maxClass ?? null };
    return { tenant: row.tenant, keyId, scopes: row.scopes, bounds };
  };
}

function refused(): SwitchyardError {
  return new SwitchyardError("KEY_REJECTED", "send a valid API key: Authorization: Bearer sk-sy-…");
}
