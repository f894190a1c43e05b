import { startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { bucket } from "../src/queues/admission-bucket.ts";
import { type AdmissionScope, RESERVATION_MS } from "../src/queues/index.ts";
import { aCall, account, type TestAdmission, usingAdmission } from "./admission-support.ts";

afterAll(watchLeaks());

function startAdmitter({ url, prefix }: TestAdmission, task: string, limits: object) {
  const entry = new URL("__fixtures__/admitter.ts", import.meta.url);
  const process = startProcess({ entry, name: task, args: [url, prefix, task, JSON.stringify(limits)] });
  onTestFinished(async () => void (await process.stop()));
  return process;
}

/** By the clock that the limits go by. */
async function nowMs({ redis }: TestAdmission): Promise<number> {
  const [seconds, micros] = (await redis.time()).map(Number) as [number, number];
  return seconds * 1_000 + micros / 1_000;
}

/** Asks until it is refused; answers how often it was not. */
async function takeAll(admission: TestAdmission, scope: AdmissionScope): Promise<number> {
  let taken = 0;
  while ((await admission.admit(aCall([scope]))).admitted) taken += 1;
  return taken;
}

test.each([1, 4, 16])(
  "%i processes together are given what one is given, within two percent",
  async (count) => {
    await using admission = await usingAdmission();
    const scope = account({ requestsPerMinute: 12_000 });
    const windowMs = 3_000;
    const processes = Array.from({ length: count }, () => startAdmitter(admission, "flood", scope.limits));
    await Promise.all(processes.map((process) => process.waitForLog((line) => line === "ready")));
    // From an empty bucket to an empty bucket: a process that is slow to start, or to ask, changes nothing.
    await takeAll(admission, scope);
    const startMs = await nowMs(admission);
    const end = startMs + windowMs;
    await admission.redis.lpush(`${admission.prefix}:start`, ...Array(count).fill(String(end)));
    const said = await Promise.all(
      processes.map((process) => process.waitForLog((line) => line.startsWith("admitted"))),
    );
    const last = await takeAll(admission, scope);
    const total = said.reduce((sum, line) => sum + Number(line.split(" ")[1]), last);
    const [usPerUnit] = bucket(scope.limits.requestsPerMinute);
    const given = ((await nowMs(admission)) - startMs) / (usPerUnit / 1_000);
    expect(last).toBeLessThan(total / 2);
    expect(Math.abs(total - given) / given, `${total} of ${given}`).toBeLessThan(0.02);
  },
);

test("a process that lives keeps its slot past the lease; one that is killed leaves it within the lease", async () => {
  await using admission = await usingAdmission();
  const leaseMs = 1_200;
  const scope = account({ inFlight: 1 });
  const holder = startAdmitter(admission, String(leaseMs), scope.limits);
  await holder.waitForLog((line) => line === "kept");
  const keptAt = performance.now();
  const isFree = async () => (await admission.admit(aCall([scope]))).admitted;
  await expect
    .poll(async () => [await isFree(), performance.now() - keptAt > 2 * leaseMs], { timeout: 10_000 })
    .toEqual([false, true]);
  await holder.kill("SIGKILL");
  const killedAt = performance.now();
  await expect.poll(isFree, { timeout: 10_000 }).toBe(true);
  expect(performance.now() - killedAt).toBeLessThan(leaseMs + 500);
  // The lease that the invoker asks for.
  expect(RESERVATION_MS).toBeLessThanOrEqual(60_000);
});
