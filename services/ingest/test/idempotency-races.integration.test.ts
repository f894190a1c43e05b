import { randomUUID } from "node:crypto";
import { watchLeaks } from "@switchyard/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { driver } from "./drive-job.ts";
import { type Answer, type Api, ask, jobRowsIn, startApi } from "./support.ts";

afterAll(watchLeaks());

let api: Api;
let key: string;
beforeAll(async () => {
  api = await startApi();
  key = await api.createKey("acme");
});
afterAll(() => api.stop());

/** Each in two spellings that are the same body. */
const BODIES = [
  ['{"input":"one","model":"auto"}', '{ "model": "auto", "input": "one" }'],
  ['{"input":"two"}', '{"input":"\\u0074wo"}'],
  ['{"input":"two","model":"auto"}', '{"model":"auto","input":"two"}'],
] as const;
const PROMPTS = ["one", "two", "two"];

const anySubmit = fc.record({
  key: fc.constantFrom("a", "b"),
  body: fc.nat(BODIES.length - 1),
  spelling: fc.nat(1),
});
/** Submits that are sent at once, burst after burst. */
const anyBursts = fc.array(fc.array(anySubmit, { minLength: 1, maxLength: 6 }), {
  minLength: 1,
  maxLength: 3,
});

interface Sent {
  key: string;
  body: number;
  answer: Answer;
}

/** P4: one key is one job with one body, and everybody is told the same of it. */
test("in any interleaving one key makes one job: its body is answered alike, every other with 422", async () => {
  const { row } = driver(api);
  let keys = 0;
  const property = fc.asyncProperty(anyBursts, async (bursts) => {
    const round = randomUUID();
    const sent: Sent[] = [];
    for (const burst of bursts) {
      const submits = burst.map(async (submit): Promise<Sent> => {
        const headers = { "idempotency-key": `${round}-${submit.key}` };
        const body = BODIES[submit.body]?.[submit.spelling];
        return { ...submit, answer: await ask(api.url, "POST /v1/jobs", { key, body, headers }) };
      });
      sent.push(...(await Promise.all(submits)));
    }
    const byKey = Map.groupBy(sent, (submit) => submit.key);
    for (const submits of byKey.values()) {
      const accepted = submits.filter(({ answer }) => answer.status === 202);
      const [first] = accepted;
      if (first === undefined) throw new Error("no submit of a new key was accepted");
      for (const { body, answer } of submits) {
        if (body === first.body) expect([answer.status, answer.body]).toEqual([202, first.answer.body]);
        else expect([answer.status, answer.body.code]).toEqual([422, "idempotency_key_reused"]);
      }
      expect(accepted.filter(({ answer }) => !answer.headers.has("idempotent-replayed"))).toHaveLength(1);
      const prompt = await api.ledger.contents.readPrompt(await row(first.answer.body.id));
      expect(prompt).toEqual([{ role: "user", content: PROMPTS[first.body] }]);
    }
    keys += byKey.size;
  });
  await fc.assert(property, { numRuns: 100 });
  expect(await jobRowsIn(api)).toHaveLength(keys);
}, 120_000);
