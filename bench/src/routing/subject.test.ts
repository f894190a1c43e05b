import type { JobClass } from "@switchyard/shared/contracts";
import { expect, test } from "vitest";
import type { Judge, Judgement } from "../../../services/classifier/src/judge/judge.ts";
import { askJudge } from "./subject.ts";

const PROMPTS = [{ messages: [{ role: "user", content: "Why?" }] }];
interface Answer {
  class: JobClass;
  confidence: number;
  probabilities?: Record<JobClass, number>;
}

/** A judge that says nothing beside what is asked of it here. */
function judgeSaying(answer: Answer): Judge {
  const judgement = { ...answer, reasons: [], strategy: "local", strategyVersion: "test-1" };
  return { judge: async () => judgement as unknown as Judgement };
}
const ask = (answer: Answer) => askJudge(judgeSaying(answer), PROMPTS);

test("a prompt's need is P(COMPLEX) and half of P(CALCULATION), as the judge tells them", async () => {
  const probabilities = { SIMPLE: 0.2, CALCULATION: 0.3, COMPLEX: 0.5 };
  const opinions = await ask({ class: "COMPLEX", confidence: 0.5, probabilities });
  expect(opinions).toMatchObject({ version: "local test-1", probabilities: "told" });
  expect(opinions.needs[0]).toBeCloseTo(0.65, 12);
});

test("without probabilities the need follows the class, and within it the confidence", async () => {
  const needs: (number | undefined)[] = [];
  for (const [name, confidence] of [
    ["SIMPLE", 0.9],
    ["SIMPLE", 0.5],
    ["CALCULATION", 0.7],
    ["COMPLEX", 0.5],
    ["COMPLEX", 0.9],
  ] as const) {
    const opinions = await ask({ class: name, confidence });
    expect(opinions.probabilities).toBe("derived");
    needs.push(opinions.needs[0]);
  }
  expect(needs).toEqual([...needs].sort());
  expect(new Set(needs).size).toBe(5);
});

test("a judge whose numbers are no shares is refused", async () => {
  const probabilities = { SIMPLE: 0.2, CALCULATION: 0.3, COMPLEX: 0.5 };
  const refused = /prompt 1 is no class/;
  await expect(ask({ class: "SIMPLE", confidence: Number.NaN, probabilities })).rejects.toThrow(refused);
  const tooMuch = { ...probabilities, COMPLEX: 1.5 };
  await expect(ask({ class: "SIMPLE", confidence: 0.5, probabilities: tooMuch })).rejects.toThrow(refused);
});
