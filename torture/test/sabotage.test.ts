import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { check } from "../src/harness/check.ts";
import { promptOf } from "../src/harness/prompts.ts";
import { gather, withSystem } from "../src/harness/system.ts";
import { SABOTAGES, sabotaged } from "./sabotages.ts";

/** Enough for every mistake to be made once, and few enough for a short test. */
const JOBS = 40;
/** A sabotaged system may never come to an end: what it has done by then is judged. */
const PATIENCE_MS = 15_000;

describe("the checker catches", () => {
  it.each(SABOTAGES)("$name", async (sabotage) => {
    const { sources, remove } = await sabotaged(sabotage);
    try {
      await withSystem({ ...sabotage.system, sources }, async (system) => {
        const { client } = system;
        const submits = Array.from({ length: JOBS }, (_, n) =>
          client.submit(`key-${n}`, { input: promptOf(n) }),
        );
        await Promise.all(submits);
        await sabotage.afterwards?.(system);
        await Promise.race([client.ended().catch(() => {}), delay(PATIENCE_MS)]);

        const problems = check(await gather(system, { drainedMs: 2_000 }));

        expect(problems.map(({ invariant }) => invariant)).toContain(sabotage.breaks);
      });
    } finally {
      await remove();
    }
  });

  it("nothing in the same run of sources that nobody sabotaged", async () => {
    await withSystem({ faults: "truncated=0.3" }, async (system) => {
      const { client } = system;
      await Promise.all(
        Array.from({ length: JOBS }, (_, n) => client.submit(`key-${n}`, { input: promptOf(n) })),
      );
      await client.ended();
      expect(check(await gather(system, {}))).toEqual([]);
    });
  });
});
