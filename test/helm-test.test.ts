import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KEY, type System, startSystem } from "./api/system.ts";

afterAll(watchLeaks());

const SCRIPT = readFileSync(new URL("../helm/switchyard/files/test/post-a-job.mjs", import.meta.url), "utf8");

let system: System;
beforeAll(async () => {
  system = await startSystem({ latencyScale: 0 });
});
afterAll(() => system.stop());

/** As the pod of `helm test` runs it. */
function runTest(settings: Record<string, string>): Promise<{ code: number; said: string }> {
  const environment = { PATH: process.env.PATH ?? "", SWITCHYARD_URL: system.url, ...settings };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--input-type=module", "--eval", SCRIPT],
      { env: environment },
      (error, stdout) => resolve({ code: Number(error?.code ?? 0), said: stdout }),
    );
  });
}

test("helm test posts a job and passes once it was answered", async () => {
  const { code, said } = await runTest({ SWITCHYARD_API_KEY: `${KEY}\n` });
  expect(said).toMatch(/^job_\w+ was accepted\njob_\w+ was answered by [\w.-]+ for 0\.\d+ USD: .*Lima/);
  expect(code).toBe(0);
});

test.each([
  ["there is no key", {}, "there is no API key"],
  ["the key is refused", { SWITCHYARD_API_KEY: "sk-sy-nobody" }, "POST /v1/jobs: 401"],
  ["the model is not there", { SWITCHYARD_API_KEY: KEY, SWITCHYARD_MODEL: "sim-huge" }, "POST /v1/jobs: 4"],
])("helm test fails, and says why, when %s", async (_, settings, reason) => {
  const { code, said } = await runTest(settings);
  expect(said).toContain(reason);
  expect(code).toBe(1);
});
