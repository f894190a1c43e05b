import { isAbove, JOB_CLASSES } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { type AccessKeyRow, OWN_SCOPES, SCOPES } from "@switchyard/shared/ledger";
import type { Response } from "express";
import { z } from "zod";
import { createAccessKey, TENANT, TENANT_FORM } from "../access-key.ts";
import { checked, decodeText, parseJson } from "../http/json-body.ts";
import { SMALL_BODY } from "../http/request-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";

export interface KeysOptions {
  /** Keys are hashed with it; it is the one that job ids are derived with, too. */
  idSecret: string;
}

const tenant = z.string().regex(TENANT, TENANT_FORM);

const NewKeyBody = z
  .strictObject({
    tenant,
    scopes: z
      .array(z.enum(SCOPES))
      .max(SCOPES.length)
      .default([...OWN_SCOPES]),
    expires_at: z.iso
      .datetime({ offset: true })
      .refine((text) => Date.parse(text) > Date.now(), "must lie in the future")
      .optional(),
    min_class: z.enum(JOB_CLASSES).optional(),
    max_class: z.enum(JOB_CLASSES).optional(),
  })
  .refine(({ min_class: min, max_class: max }) => !min || !max || !isAbove(min, max), {
    path: ["min_class"],
    message: "must not be above max_class; SIMPLE < CALCULATION < COMPLEX",
  });

const KEY_ID = /^[a-z0-9]{2,32}$/;

const KeysQuery = z.strictObject({ tenant: tenant.optional() });

/** Making, listing and revoking API keys of any tenant: for those with the scope `admin` alone. */
export function keyRoutes({ idSecret }: KeysOptions): Route[] {
  async function create({ body, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const wish = checked(NewKeyBody, parseJson(decodeText(body)));
    const { expires_at: expiresAt, min_class: minClass, max_class: maxClass } = wish;
    const key = {
      ...{ tenant: wish.tenant, minClass, maxClass },
      scopes: SCOPES.filter((scope) => wish.scopes.includes(scope)),
      notAfter: expiresAt === undefined ? undefined : Date.parse(expiresAt),
    };
    const { text, row } = await createAccessKey(ledger.accessKeys, key, idSecret);
    response.setHeader("Cache-Control", "no-store");
    response.status(201).json({ ...renderKey(row), key: text });
  }

  async function list({ http, caller, within }: ApiRequest, response: Response): Promise<void> {
    const { tenant: named = caller.tenant } = checked(KeysQuery, http.query);
    const rows = await within.ledger.accessKeys.list(named);
    response.setHeader("Cache-Control", "private, no-cache");
    response.json({ object: "list", data: rows.map(renderKey) });
  }

  async function revoke({ http, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const keyId = String(http.params["key"]);
    const isRevoked = KEY_ID.test(keyId) && (await ledger.accessKeys.revoke(keyId, ledger.now()));
    const row = isRevoked ? await ledger.accessKeys.find(keyId) : null;
    if (row === null) throw new SwitchyardError("RESOURCE_MISSING", "no such key");
    response.setHeader("Cache-Control", "no-store");
    response.json(renderKey(row));
  }

  return [
    { method: "post", path: "/v1/keys", scope: "admin", body: SMALL_BODY, handle: create },
    { method: "get", path: "/v1/keys", scope: "admin", body: null, hasQuery: true, handle: list },
    { method: "delete", path: "/v1/keys/:key", scope: "admin", body: null, handle: revoke },
  ];
}

/** What is told of a key; of its secret nothing. */
function renderKey(row: AccessKeyRow) {
  return {
    id: row.keyId,
    object: "key",
    tenant: row.tenant,
    scopes: row.scopes,
    min_class: row.minClass ?? null,
    max_class: row.maxClass ?? null,
    created_at: instant(row.createdAt),
    expires_at: instant(row.notAfter),
    revoked_at: instant(row.revokedAt),
  };
}

function instant(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
