import fc from "fast-check";
import { expect, test } from "vitest";
import { JOB_CLASSES } from "../contracts/index.ts";
import { readJudgement } from "./read-judgement.ts";

test.each(JOB_CLASSES)("reads %s from the object that was asked for, plain or in a block of code", (name) => {
  const json = JSON.stringify({ class: name });
  for (const text of [json, ` ${json}\n`, `\`\`\`json\n${json}\n\`\`\``, `\`\`\`\n${json}\`\`\``]) {
    expect(readJudgement(text)).toBe(name);
  }
});

test.each([
  "",
  "COMPLEX",
  "{}",
  "null",
  '"COMPLEX"',
  '["COMPLEX"]',
  '{"class":"complex"}',
  '{"class":"HARD"}',
  '{"class":["SIMPLE"]}',
  '{"class":"SIMPLE","because":"it is short"}',
  '{"class":"SIMPLE"} {"class":"COMPLEX"}',
  'It is {"class":"SIMPLE"}',
  '{"class":"SIMPLE"',
  `{"class":"SIMPLE"${" ".repeat(200)}}`,
])("takes %j for nonsense", (text) => {
  expect(readJudgement(text)).toBeNull();
});

test("is total: any text is a class or nonsense", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
      expect([null, ...JOB_CLASSES]).toContain(readJudgement(text));
    }),
  );
});
