import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { KEY, type System, startSystem } from "./system.ts";

afterAll(watchLeaks());

const run = promisify(execFile);
const text = readFileSync(new URL("../../docs/api.md", import.meta.url), "utf8");

/** The shell examples of docs/api.md that call the API: the statuses their first line names, and the rest. */
const EXAMPLES = [...text.matchAll(/^```sh\n# ([\d or]+)\n(.*?)^```/gms)].map(
  ([, statuses = "", script = ""], index) => ({
    name: `${index + 1}, ${script.split("\n", 1)[0]?.slice(0, 60)}`,
    script,
    statuses: statuses.split(" or ").map(Number),
  }),
);

function hasCurl(): boolean {
  try {
    execFileSync("curl", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("docs/api.md has an example of every route, and names every example's status", () => {
  const routes = [...text.matchAll(/^\| \[`(?:GET|POST|PUT|DELETE) (\S+)`\]/gm)].map(
    ([, path]) => path ?? "",
  );
  expect(routes).toHaveLength(20);
  for (const path of routes) {
    const asked = `$SWITCHYARD_URL${path.replace("{id}", "$JOB_ID").replace("{key}", "$KEY_ID").replace("{budget}", "$BUDGET_ID")}`;
    expect(
      EXAMPLES.some(({ script }) => script.includes(`"${asked}"`) || script.includes(`"${asked}?`)),
    ).toBe(true);
  }
  expect(EXAMPLES).toHaveLength(text.match(/^curl /gm)?.length ?? 0);
});

describe("examples of docs/api.md", () => {
  let system: System | undefined;
  let jobId = "job_00000000000000000000000000";
  let keyId = "k0000000000000000";
  let adminKey = "";
  const isRunnable = hasCurl();
  beforeAll(async () => {
    if (!isRunnable) return;
    system = await startSystem();
    adminKey = await system.keyOf("operators", "jobs:read,admin");
  });
  afterAll(() => system?.stop());
  // The examples are for people who have it.
  beforeEach(({ skip }) => skip(!isRunnable, "curl is not installed"));

  /** Runs an example as it stands, in a shell whose curl also tells the status. */
  async function runExample(script: string): Promise<{ status: number; body: string }> {
    const told = `curl() { command curl -sS -w '\\n%{http_code}' "$@"; }\n${script}`;
    const environment = {
      PATH: process.env.PATH,
      SWITCHYARD_URL: system?.url,
      SWITCHYARD_API_KEY: KEY,
      SWITCHYARD_ADMIN_KEY: adminKey,
      JOB_ID: jobId,
      KEY_ID: keyId,
      BUDGET_ID: "acme-month",
    };
    const { stdout } = await run("sh", ["-c", told], { env: environment });
    const lines = stdout.split("\n");
    return { status: Number(lines.pop()), body: lines.join("\n") };
  }

  test.each(EXAMPLES)("example $name answers as it says", async ({ script, statuses }) => {
    const { status, body } = await runExample(script);
    expect(statuses).toContain(status);
    const parsed = JSON.parse(body) as { object?: string; id: string };
    if (parsed.object === "job") jobId = parsed.id;
    if (parsed.object === "key") keyId = parsed.id;
  });

  test("the error body is the one that is printed", async () => {
    const printed = JSON.parse(/^## Errors$.*?^```json\n(.*?)^```/ms.exec(text)?.[1] ?? "") as object;
    const example = EXAMPLES.find(({ statuses }) => statuses[0] === 400);
    const { body } = await runExample(example?.script ?? "");
    expect({ ...JSON.parse(body), request_id: "req_…" }).toEqual(printed);
  });

  test("the batch is answered as it is described", async () => {
    const example = EXAMPLES.find(({ script }) => script.includes("/v1/jobs/batch"));
    const { body } = await runExample(example?.script ?? "");
    expect(JSON.parse(body)).toMatchObject({ object: "batch", accepted: 2, rejected: 1 });
  });
});

test("docs/api.md names every field of a job, and only those", async () => {
  const source = readFileSync(new URL("../../packages/shared/src/contracts/job.ts", import.meta.url), "utf8");
  const view = /export interface JobView \{\n(.*?)^\}/ms.exec(source)?.[1] ?? "";
  const fields = [...view.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => name ?? "");
  const section = /^## The job$(.*?)^\| Status/ms.exec(text)?.[1] ?? "";
  const rows = [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].map(([, names]) => names ?? "");
  const named = rows.join(",").match(/\w+/g) ?? [];
  expect(named.toSorted()).toEqual(fields.toSorted());
});
