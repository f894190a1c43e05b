import { waitFor } from "@switchyard/testkit";
import { expectSound, promptOf, withSystem } from "@switchyard/torture";
import { describe, expect, it } from "vitest";

/**
 * The chart's probes bear three failures 10 s apart, each with 5 s to answer. A run loop that asks Redis for nothing is
 * a problem after 60 s: the outage outlasts both.
 */
const OUTAGE_MS = 65_000;

/** What every process answers to one probe. */
async function probe(urls: readonly string[], path: string): Promise<number[]> {
  return Promise.all(
    urls.map(async (url) => {
      const response = await fetch(`${url}${path}`, { signal: AbortSignal.timeout(5_000) });
      await response.text();
      return response.status;
    }),
  );
}

describe.concurrent("while Redis and every provider are away for longer than probes bear", () => {
  it.each([
    { what: "killed", signal: "SIGKILL" },
    { what: "frozen", signal: "SIGSTOP" },
  ] as const)(
    "no service is restarted, and all go on by themselves (Redis $what)",
    async ({ what, signal }) => {
      await withSystem({ detours: ["provider"], latencyScale: 1 }, async (system) => {
        const { client, redis, processes, providerGate } = system;
        const submits = Array.from({ length: 8 }, (_, n) =>
          client.submit(`key-${n}`, { input: promptOf(n) }),
        );
        await Promise.all(submits);
        const urls = processes.map((process) => process.operationsUrl() ?? "");
        const all = (status: number) => urls.map(() => status);
        await redis.kill(signal);
        await providerGate?.shut();
        // They have noticed: whoever sends traffic is told, and the kubelet is not.
        await waitFor(async () => (await probe(urls, "/healthz/ready")).every((status) => status === 503), {
          timeoutMs: 20_000,
        });
        const endMs = performance.now() + OUTAGE_MS;
        const answers = new Set<string>();
        const isOver = async () => {
          answers.add(String(await probe(urls, "/healthz/live")));
          return performance.now() > endMs;
        };
        await waitFor(isOver, { timeoutMs: 2 * OUTAGE_MS, intervalMs: 1_000 });
        expect([...answers]).toEqual([String(all(200))]);
        expect(processes.flatMap(({ deaths }) => deaths)).toEqual([]);

        if (what === "frozen") await redis.kill("SIGCONT");
        else await redis.restart();
        await providerGate?.open();
        const { told } = await expectSound(system);
        expect(told.map(({ ends }) => ends)).toEqual(told.map(() => ["succeeded"]));
        expect(await probe(urls, "/healthz/ready")).toEqual(all(200));
      });
    },
    240_000,
  );
});
