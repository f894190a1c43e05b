import { randomBytes } from "node:crypto";
import type { JobClass } from "@switchyard/shared/contracts";
import type { AccessKeyRow, AccessKeys, Scope } from "@switchyard/shared/ledger";
import { hashSecret } from "./access.ts";

/** Tenants become part of keys in the table, and are read by people. */
export const TENANT = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const TENANT_FORM = "must be 1 to 63 of a-z, 0-9, dot, hyphen and underscore, a letter or digit first";

export interface NewKey {
  tenant: string;
  scopes: Scope[];
  notAfter: number | undefined;
  minClass: JobClass | undefined;
  maxClass: JobClass | undefined;
}

/**
 * Makes an API key. Its text is answered here and nowhere else: only its keyed hash is stored.
 * @throws RangeError in the case that its random id exists.
 */
export async function createAccessKey(
  accessKeys: AccessKeys,
  { notAfter, minClass, maxClass, ...given }: NewKey,
  pepper: string,
): Promise<{ text: string; row: AccessKeyRow }> {
  const keyId = `k${randomBytes(8).toString("hex")}`;
  const secret = randomBytes(32).toString("base64url");
  const row: AccessKeyRow = {
    keyId,
    secretHash: hashSecret(pepper, secret),
    ...given,
    createdAt: Date.now(),
    ...(notAfter === undefined ? {} : { notAfter }),
    ...(minClass === undefined ? {} : { minClass }),
    ...(maxClass === undefined ? {} : { maxClass }),
  };
  if (!(await accessKeys.create(row))) throw new RangeError(`a key ${keyId} exists already; try again`);
  return { text: `sk-sy-${keyId}-${secret}`, row };
}
