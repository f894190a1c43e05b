import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { check } from "../src/harness/check.ts";
import { promptOf } from "../src/harness/prompts.ts";
import { gather, type System, withSystem } from "../src/harness/system.ts";
import { type Sabotage, sabotaged } from "./sabotaged.ts";
import { SABOTAGES } from "./sabotages.ts";
import { UNDER_BUDGETS } from "./sabotages-of-budgets.ts";

const JOBS = 24;
/** A system that strands jobs never comes to an end: what it has done by then is judged. */
const PATIENCE_MS = 12_000;

async function submitAll({ client }: System, { jobs = JOBS, body = {} }: Partial<Sabotage>): Promise<void> {
  const submits = Array.from({ length: jobs }, (_, n) =>
    client.submit(`key-${n}`, { input: promptOf(n), ...body }),
  );
  await Promise.all(submits);
}

describe("the checker catches", () => {
  it.each(SABOTAGES)("$letter: $name", async (sabotage) => {
    const { sources, remove } = await sabotaged(sabotage);
    try {
      await withSystem({ ...sabotage.system, sources }, async (system) => {
        await submitAll(system, sabotage);
        await sabotage.afterwards?.(system);
        const ended = system.client.ended();
        await (sabotage.strandsJobs ? Promise.race([ended.catch(() => {}), delay(PATIENCE_MS)]) : ended);

        const problems = check(await gather(system, { drainedMs: 2_000 }));

        const { breaks: invariant, says } = sabotage;
        expect(problems).toContainEqual({ invariant, what: expect.stringMatching(says) });
      });
    } finally {
      await remove();
    }
  });

  it("nothing in a system that nobody sabotaged, with all that was done to the others", async () => {
    const faults = SABOTAGES.flatMap(({ system }) => system.faults ?? []).join(",");
    const failpoint = { service: "cost", name: "settle.afterTotals" } as const;
    await withSystem({ ...UNDER_BUDGETS, faults, failpoint, latencyScale: 2 }, async (system) => {
      await submitAll(system, {});
      await system.client.submit("held", { input: promptOf(JOBS), model: "held-once" });
      for (const { afterwards } of SABOTAGES) await afterwards?.(system);
      await system.client.ended();
      expect(check(await gather(system, {}))).toEqual([]);
    });
  });
});
