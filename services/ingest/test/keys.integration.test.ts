import { type RunningProcess, startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Api, ask, keysIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const entry = new URL("../src/keys.ts", import.meta.url);

/** Runs the program to its end. */
async function keys(args: string[], env: Record<string, string> = {}) {
  // Redis is not needed to manage keys, so its address is left out.
  const { REDIS_URL: _, ...environment } = api.environment;
  const program: RunningProcess = startProcess({
    entry,
    name: "keys",
    args,
    env: { ...environment, ...env },
  });
  const { code } = await program.exited;
  return { code, lines: program.logs() };
}

const read = (key: string) => ask(api.url, "GET /v1/jobs", { key });
const write = (key: string) => ask(api.url, "POST /v1/jobs", { key, body: { input: "x" } });
const keyIn = (lines: readonly string[]) => lines.find((line) => line.startsWith("sk-sy-")) ?? "";

describe("create", () => {
  test("makes a key that works, shows it once and stores no secret", async () => {
    const { code, lines } = await keys(["create", "--tenant", "acme"]);
    expect(code).toBe(0);
    const key = keyIn(lines);
    expect((await write(key)).status).toBe(202);
    expect((await read(key)).body.data).toHaveLength(1);
    const [, , keyId = ""] = key.split("-");
    expect(lines.filter((line) => line.includes(keyId))).toHaveLength(2);
    const row = await api.ledger.accessKeys.find(keyId);
    expect(row).toMatchObject({ tenant: "acme", scopes: ["jobs:read", "jobs:write"] });
    expect(JSON.stringify(row)).not.toContain(key.split("-").slice(3).join("-"));
  });

  test("gives only the scopes that were named, until the day that was named", async () => {
    const expires = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const { lines } = await keys([
      "create",
      "--tenant",
      "acme",
      "--scopes",
      "jobs:read",
      "--expires",
      expires,
    ]);
    const key = keyIn(lines);
    expect([(await read(key)).status, (await write(key)).status]).toEqual([200, 403]);
    const row = await api.ledger.accessKeys.find(key.split("-")[2] ?? "");
    expect(row?.notAfter).toBe(Date.parse(expires));
  });

  test("bounds the classes of what is submitted with it", async () => {
    const bounds = ["--min-class", "CALCULATION", "--max-class", "CALCULATION"];
    const { lines } = await keys(["create", "--tenant", "acme", ...bounds]);
    expect((await write(keyIn(lines))).body).toMatchObject({
      min_class: "CALCULATION",
      max_class: "CALCULATION",
    });
    expect((await write(keyIn((await keys(["create", "--tenant", "acme"])).lines))).body).toMatchObject({
      min_class: null,
      max_class: null,
    });
  });

  test("under another pepper makes a key that this API refuses", async () => {
    const { lines } = await keys(["create", "--tenant", "acme"], {
      API_KEY_PEPPER: "another-pepper-altogether",
    });
    expect((await read(keyIn(lines))).status).toBe(401);
  });
});

describe("revoke", () => {
  test("by its id ends a key, and takes no whole key as an argument", async () => {
    const key = keyIn((await keys(["create", "--tenant", "acme"])).lines);
    const id = key.split("-")[2] ?? "";
    const refused = await keys(["revoke", key]);
    expect(refused).toMatchObject({ code: 1, lines: [expect.stringContaining(`give its id, ${id},`)] });
    expect(await keys(["revoke", id])).toMatchObject({
      code: 0,
      lines: [expect.stringContaining("revoked")],
    });
    expect((await read(key)).status).toBe(401);
  });

  test("of a key that is not there says so, and creates nothing", async () => {
    const before = await keysIn(api.dynamodbUrl, api.table);
    expect(await keys(["revoke", "nobody"])).toEqual({ code: 1, lines: ["there is no key nobody"] });
    expect(await keysIn(api.dynamodbUrl, api.table)).toEqual(before);
  });
});

test("wrong arguments are told in words, with a code that scripts see", async () => {
  const { code, lines } = await keys(["create", "--tenant", "Acme#1"]);
  expect([code, lines]).toEqual([1, [expect.stringMatching(/^--tenant must be/)]]);
});

test("a missing pepper is told as any missing setting is", async () => {
  const { code, lines } = await keys(["create", "--tenant", "acme"], { API_KEY_PEPPER: "" });
  expect([code, lines[0]]).toEqual([1, expect.stringMatching(/^API_KEY_PEPPER: is not set; set it to: /)]);
});
