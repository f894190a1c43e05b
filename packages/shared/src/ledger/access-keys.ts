import { z } from "zod";
import { JOB_CLASSES } from "../contracts/index.ts";
import { apiKeyKey, keyOfTenantKey } from "./keys.ts";
import { readRow } from "./rows.ts";
import type { Store } from "./store.ts";

/** What a key allows within its tenant: it has these unless told otherwise. */
export const OWN_SCOPES = ["jobs:read", "jobs:write"] as const;
/** With `admin` it also sees what belongs to other tenants, where a route says so. */
export const SCOPES = [...OWN_SCOPES, "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export const AccessKeyRow = z.object({
  keyId: z.string(),
  /** HMAC-SHA-256 of the key's secret part, hexadecimal; the secret itself is never stored. */
  secretHash: z.string(),
  tenant: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  /** The classes that jobs submitted with it may be routed as; absent: any. */
  minClass: z.enum(JOB_CLASSES).optional(),
  maxClass: z.enum(JOB_CLASSES).optional(),
  createdAt: z.number(),
  /** Milliseconds since the epoch after which the key is refused. */
  notAfter: z.number().optional(),
  revokedAt: z.number().optional(),
});
export type AccessKeyRow = z.infer<typeof AccessKeyRow>;

/** Callers' API keys, looked up by their id. */
export interface AccessKeys {
  find: (keyId: string) => Promise<AccessKeyRow | null>;
  /** A tenant's keys, revoked ones included, by the time they were made; those of releases before this list are not in it. */
  list: (tenant: string) => Promise<AccessKeyRow[]>;
  /** False when a key with that id exists. */
  create: (row: AccessKeyRow) => Promise<boolean>;
  /** False when there is no such key; one that was revoked before stays revoked since then. */
  revoke: (keyId: string, atMs: number) => Promise<boolean>;
}

export function accessKeysOn(store: Store): AccessKeys {
  async function find(keyId: string): Promise<AccessKeyRow | null> {
    const item = await store.get(apiKeyKey(keyId));
    return item === null ? null : readRow(AccessKeyRow, item);
  }
  return {
    find,
    async list(tenant) {
      const places = await store.queryPartition(keyOfTenantKey(tenant, "").pk);
      const rows = await Promise.all(places.map(({ sk }) => find(String(sk))));
      return rows
        .filter((row) => row?.tenant === tenant)
        .map((row) => row as AccessKeyRow)
        .sort((a, b) => a.createdAt - b.createdAt);
    },
    async create(row) {
      // First its place in the list: one that leads to no key is passed over, but no key may be missing there.
      await store.put({ ...keyOfTenantKey(row.tenant, row.keyId) });
      return store.putIfAbsent({ ...apiKeyKey(row.keyId), ...row });
    },
    async revoke(keyId, atMs) {
      const isFirst = await store.update({
        key: apiKeyKey(keyId),
        set: { revokedAt: atMs },
        condition: "attribute_exists(pk) AND attribute_not_exists(#revokedAt)",
      });
      return isFirst || (await find(keyId)) !== null;
    },
  };
}
