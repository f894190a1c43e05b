import { expect, test } from "vitest";
import { createJudgementCache, LeastRecent } from "./judgement-cache.ts";

test("forgets what was not asked for longest, and holds no more than it may", () => {
  const cache = new LeastRecent<number>(3);
  for (const [index, key] of ["a", "b", "c"].entries()) cache.set(key, index);
  expect(cache.get("a")).toBe(0);
  cache.set("d", 3);
  expect(["a", "b", "c", "d"].map((key) => cache.get(key))).toEqual([0, undefined, 2, 3]);
});

test("keys tell apart what their parts say and where they end, and say nothing of either", () => {
  const { keyOf } = createJudgementCache();
  expect(keyOf("acme", "a prompt")).toBe(keyOf("acme", "a prompt"));
  const others = [keyOf("acme", "a promp", "t"), keyOf("acm", "ea prompt"), keyOf("other", "a prompt")];
  expect(new Set([keyOf("acme", "a prompt"), ...others]).size).toBe(4);
  expect(keyOf("a prompt")).not.toContain("prompt");
});

test("keys of two processes differ for the same prompt", () => {
  expect(createJudgementCache().keyOf("x")).not.toBe(createJudgementCache().keyOf("x"));
});
