import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, ask, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let admin: string;
beforeAll(async () => {
  api = await startApi();
  admin = await api.createKey("operators", { scopes: ["admin"] });
});
afterAll(() => api.stop());

const create = (body: object, key = admin) => ask(api.url, "POST /v1/keys", { key, body });
const list = (query = "") => ask(api.url, `GET /v1/keys${query}`, { key: admin });
const revoke = (id: string) => ask(api.url, `DELETE /v1/keys/${id}`, { key: admin });

describe("POST /v1/keys", () => {
  test("makes a key that works at once, and shows its secret this once", async () => {
    const { status, headers, body } = await create({ tenant: "acme" });
    expect([status, headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(body).toEqual({
      id: expect.stringMatching(/^k[0-9a-f]{16}$/),
      object: "key",
      tenant: "acme",
      scopes: ["jobs:read", "jobs:write"],
      min_class: null,
      max_class: null,
      created_at: expect.any(String),
      expires_at: null,
      revoked_at: null,
      key: expect.stringMatching(new RegExp(`^sk-sy-${body.id}-[\\w-]{43}$`)),
    });
    expect((await ask(api.url, "GET /v1/jobs", { key: body.key })).status).toBe(200);
    const secret = body.key.split("-").slice(3).join("-");
    expect((await list("?tenant=acme")).text).not.toContain(secret);
    expect(JSON.stringify(await api.ledger.accessKeys.find(body.id))).not.toContain(secret);
  });

  test("gives it the scopes, the end and the classes that were asked for", async () => {
    const expires = new Date(Date.now() + 60_000).toISOString();
    const wish = { expires_at: expires, min_class: "SIMPLE", max_class: "CALCULATION" };
    const { body } = await create({ tenant: "acme", scopes: ["admin", "jobs:read"], ...wish });
    expect(body).toMatchObject({ scopes: ["jobs:read", "admin"], ...wish });
    expect(await api.ledger.accessKeys.find(body.id)).toMatchObject({ notAfter: Date.parse(expires) });
  });

  test("tells every problem at once, and makes nothing", async () => {
    const before = (await list("?tenant=nobody")).body.data;
    const { status, body } = await create({
      ...{ tenant: "A B", scopes: ["root"], expires_at: "2020-01-01T00:00:00Z", colour: "red" },
      ...{ min_class: "HARD" },
    });
    expect([status, body.code]).toEqual([400, "validation_failed"]);
    const paths = body.errors.map(({ path }: { path: string }) => path).sort();
    expect(paths).toEqual(["colour", "expires_at", "min_class", "scopes.0", "tenant"]);
    const crossed = await create({ tenant: "nobody", min_class: "COMPLEX", max_class: "SIMPLE" });
    expect(crossed.body.errors).toMatchObject([{ path: "min_class" }]);
    expect((await list("?tenant=nobody")).body.data).toEqual(before);
  });
});

test("GET /v1/keys lists the keys of one tenant in the order they were made, revoked ones too", async () => {
  const made = [];
  for (const _ of [1, 2, 3]) made.push((await create({ tenant: "listed" })).body);
  await create({ tenant: "other" });
  await revoke(made[1].id);
  const { body } = await list("?tenant=listed");
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual(made.map(({ id }) => id));
  expect(body.data.map((row: { revoked_at: unknown }) => row.revoked_at !== null)).toEqual([
    false,
    true,
    false,
  ]);
  const own = await list();
  expect(own.body.data).toMatchObject([{ tenant: "operators", scopes: ["admin"] }]);
  expect((await list("?tenant=A%20B")).status).toBe(400);
});

test("DELETE /v1/keys/{id} ends a key for good, and says since when", async () => {
  const { body } = await create({ tenant: "acme" });
  const first = await revoke(body.id);
  expect(first.body).toMatchObject({ id: body.id, revoked_at: expect.any(String) });
  expect((await revoke(body.id)).body).toEqual(first.body);
  expect((await ask(api.url, "GET /v1/jobs", { key: body.key })).status).toBe(401);
  for (const unknown of ["k0000000000000000", "..%2f..", "K", "k".repeat(4_000)])
    expect((await revoke(unknown)).status).toBe(404);
});

test("a key cannot make another one without the scope admin, whatever it asks for", async () => {
  const key = await api.createKey("acme");
  const { status, body } = await create({ tenant: "acme", scopes: ["jobs:read"] }, key);
  expect([status, body.code]).toEqual([403, "forbidden"]);
});
