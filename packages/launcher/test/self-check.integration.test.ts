import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { CHECK_JOBS, type CheckJob, checkJob } from "../src/self-check.ts";

const server = createServer();
afterEach(() => server.closeAllConnections());
afterEach(() => server.close());

test("a job that does not end is told with the last call that failed", async () => {
  const asked = Promise.withResolvers<void>();
  const error = { code: "provider_unavailable", message: "the provider answered 500" };
  const job = { id: "job_1", status: "running", model: "down", attempts: [{ model: "down", error }] };
  server.on("request", ({ method }, response) => {
    // The look at the job is never answered.
    if (method === "POST") response.end(JSON.stringify(job));
    else asked.resolve();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const over = new AbortController();
  const checked = checkJob({ url, apiKey: "key", signal: over.signal }, CHECK_JOBS[0] as CheckJob);
  await asked.promise;
  over.abort(new DOMException("the time is up", "TimeoutError"));
  expect((await checked).problem).toBe(
    "did not end within 120 seconds; a call of down: the provider answered 500 (provider_unavailable)",
  );
});
