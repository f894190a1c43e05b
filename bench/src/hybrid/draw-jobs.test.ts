import { expect, test } from "vitest";
import { drawJobs, drawn } from "./draw-jobs.ts";

const row = (content: string, slice: string | null = null) => ({
  prompt: { messages: [{ role: "user", content }] },
  label: 0,
  lengthUnits: content.length,
  sourceGroup: null,
  language: null,
  slice,
  isTrainedOn: false,
});

test("the same seed draws the same jobs, another one others, and none is drawn twice", () => {
  const first = drawJobs(100, 1);
  expect(drawJobs(100, 1)).toEqual(first);
  expect(drawJobs(100, 2)).not.toEqual(first);
  expect(new Set(first.map(({ input }) => input)).size).toBe(100);
  expect(new Set(first.map(({ label }) => label)).size).toBe(3);
  expect(first.some(({ isTrainedOn }) => isTrainedOn)).toBe(true);
});

test("injections, conversations and repeated prompts are left out", () => {
  const talk = {
    ...row("talk"),
    prompt: { messages: [...row("a").prompt.messages, ...row("b").prompt.messages] },
  };
  const rows = [row("plain"), row("plain"), row("trick", "injection"), row("turns", "multi_turn"), talk];
  expect(drawn(rows, { count: 1, seed: 1 })).toEqual([
    { input: "plain", label: "SIMPLE", isTrainedOn: false },
  ]);
  expect(() => drawn(rows, { count: 2, seed: 1 })).toThrow("there are 1 prompts for 2 jobs");
});
