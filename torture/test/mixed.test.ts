import { expect, it } from "vitest";
import { torture } from "../src/run.ts";

it("twenty seconds of kills, stops and freezes lose nothing and repeat nothing", async () => {
  const result = await torture({ scenario: "mixed", seed: "1", minutes: 1 / 3, say: () => {} });

  expect(result.problems).toBe("");
  expect(result.isSound).toBe(true);
  expect(result.counts.accepted).toBeGreaterThan(30);
  expect(result.counts.kills).toBeGreaterThan(3);
  expect(result.acts.freeze ?? 0).toBeGreaterThan(0);
});
