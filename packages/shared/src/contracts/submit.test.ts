import { expect, test } from "vitest";
import { messagesOf, SUBMIT_LIMITS, SubmitBody, UsdAmount } from "./submit.ts";

const parse = (body: unknown) => SubmitBody.safeParse(body);
const pathsOf = (body: unknown) => parse(body).error?.issues.map(({ path }) => path.join(".")) ?? [];

test("a submit needs nothing but its input, and asks for the model to be chosen", () => {
  expect(SubmitBody.parse({ input: "What is 2 + 2?" })).toEqual({
    input: "What is 2 + 2?",
    model: "auto",
    on_unknown: "retry",
    priority: "normal",
  });
});

test("input and messages say the same thing in two ways", () => {
  const messages = [{ role: "user" as const, content: "Hello" }];
  expect(messagesOf(SubmitBody.parse({ input: "Hello" }))).toEqual(messages);
  expect(messagesOf(SubmitBody.parse({ messages }))).toEqual(messages);
});

test("a submit with both or neither of input and messages is refused by name", () => {
  expect(pathsOf({})).toEqual(["input"]);
  expect(pathsOf({ input: "a", messages: [{ role: "user", content: "b" }] })).toEqual(["messages"]);
});

test("all problems of a body are told at once", () => {
  expect(pathsOf({ input: "", max_output_tokens: 0, deadline: "soon", on_unknown: "ask" }).sort()).toEqual([
    "deadline",
    "input",
    "max_output_tokens",
    "on_unknown",
  ]);
});

test("a field that does not exist is refused, so that a typing error is not ignored", () => {
  expect(parse({ input: "a", max_tokens: 5 }).success).toBe(false);
  expect(pathsOf({ messages: [{ role: "user", content: "a", name: "b" }] })).toEqual(["messages.0"]);
});

test.each(["0", "0.05", "1", "12.000000000001", "999999999"])("%s is an amount of USD", (text) => {
  expect(UsdAmount.safeParse(text).success).toBe(true);
});

test.each([
  "",
  "-1",
  "+1",
  "1.",
  ".5",
  "01",
  "1e3",
  "0x1",
  " 1",
  "1 ",
  "1,5",
  "NaN",
  "1.0000000000001",
  "1234567890",
])("%j is not an amount of USD", (text) => {
  expect(UsdAmount.safeParse(text).success).toBe(false);
});

test("metadata is refused above its bounds and taken at them", () => {
  const keys = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`key${n}`, "v"]));
  const withMetadata = (metadata: unknown) => parse({ input: "a", metadata }).success;
  expect(withMetadata(keys(SUBMIT_LIMITS.metadataKeys))).toBe(true);
  expect(withMetadata(keys(SUBMIT_LIMITS.metadataKeys + 1))).toBe(false);
  expect(withMetadata({ k: "v".repeat(SUBMIT_LIMITS.metadataValueLength) })).toBe(true);
  expect(withMetadata({ k: "v".repeat(SUBMIT_LIMITS.metadataValueLength + 1) })).toBe(false);
  expect(withMetadata({ ["k".repeat(SUBMIT_LIMITS.metadataKeyLength + 1)]: "v" })).toBe(false);
  expect(withMetadata({ k: 1 })).toBe(false);
});

test("a deadline is an instant with its offset from UTC", () => {
  expect(parse({ input: "a", deadline: "2030-01-01T00:00:00+02:00" }).success).toBe(true);
  expect(parse({ input: "a", deadline: "2030-01-01T00:00:00" }).success).toBe(false);
  expect(parse({ input: "a", deadline: 1_893_456_000 }).success).toBe(false);
});
