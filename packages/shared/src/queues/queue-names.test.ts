import fc from "fast-check";
import { expect, test } from "vitest";
import type { MessageOf, Stage } from "../pipeline/index.ts";
import { queueJobId, queueName } from "./queue-names.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const anyJobId = fc
  .string({ unit: fc.constantFrom(...ALPHABET), minLength: 26, maxLength: 26 })
  .map((text) => `job_${text}`);
const anyMessage: fc.Arbitrary<MessageOf<Stage>> = fc.record({
  version: fc.constant(1 as const),
  jobId: anyJobId,
  generation: fc.integer({ min: 1, max: 99 }),
});
const message = { version: 1 as const, jobId: `job_${"0".repeat(26)}`, generation: 1 };
const usage = {
  inputTokens: 1,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 1,
  reasoningTokens: 0,
};

test("a queue is named by its stage, and by its model where it has one", () => {
  expect(queueName("settle")).toBe("settle");
  expect(queueName("invoke", "sim-small")).toBe("invoke.sim-small");
});

test("the same summons always has the same id, which says job and generation", () => {
  expect(queueJobId("invoke", [message])).toBe(`i-${message.jobId}-g1`);
  expect(queueJobId("invoke", [{ ...message, generation: 2 }])).toBe(`i-${message.jobId}-g2`);
});

test("a summons with facts of a call has an id for each call", () => {
  const facts = (n: number) => ({ ...message, attempt: { n, usage, providerRequestId: null } });
  const cutShort = { ...message, withdrawn: 1 };
  const ids = [message, facts(1), facts(2), cutShort].map((item) => queueJobId("settle", [item]));
  expect(new Set(ids).size).toBe(4);
});

test("a list's id is decided by its members alone, short, and free of what BullMQ forbids", () => {
  const anyList = fc.array(anyMessage, { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(anyList, anyList, (one, other) => {
      const id = queueJobId("classify", one);
      expect(queueJobId("classify", structuredClone(one))).toBe(id);
      expect(id).toMatch(/^c-[\w-]{1,40}$/);
      const isSame = JSON.stringify(one) === JSON.stringify(other);
      expect(queueJobId("classify", other) === id).toBe(isSame);
    }),
  );
});
