import { expect, test } from "vitest";
import { BUDGET_UNITS, excerptOf } from "./excerpt.ts";

const asked = (content: string) => excerptOf({ messages: [{ role: "user", content }] });

test("a long text is read at its head and its tail, within the budget", () => {
  const { text } = asked(`begin ${"x".repeat(100_000)} end`);
  expect(text.length).toBeLessThanOrEqual(BUDGET_UNITS);
  expect(text.startsWith("begin")).toBe(true);
  expect(text.endsWith("end")).toBe(true);
});

test("a text within the budget is read whole", () => {
  const text = "y".repeat(BUDGET_UNITS);
  expect(asked(text).text).toBe(text);
});

test("context is read only beside a short turn", () => {
  const before = { role: "user", content: "Prove it." };
  expect(excerptOf({ messages: [before, { role: "user", content: "and then?" }] }).context).toBe("Prove it.");
  const long = { role: "user", content: "Where does the river Rhine end? ".repeat(5) };
  expect(excerptOf({ messages: [before, long] }).context).toBe("");
});

test("a list of questions and answers is no transcript unless the asker speaks last", () => {
  const text = "Q: Who?\nA: She.\nQ: When?\nA: Then.";
  expect(asked(text).text).toBe(text);
  expect(asked(`${text}\nQ: Where?`).text).toBe("Where?");
});

test("no message at all is an empty text", () => {
  expect(excerptOf({ messages: [] })).toEqual({ text: "", context: "", system: "" });
});

test("of several short turns the one is context that they follow up", () => {
  const user = (content: string) => ({ role: "user", content });
  const task = user("Prove that there are infinitely many primes.");
  expect(excerptOf({ messages: [task, user("ok"), user("yes, go on")] }).context).toBe(task.content);
  expect(asked(`User: ${task.content}\nAssistant: Sure?\nUser: ok\nAssistant: …\nUser: go on`)).toEqual({
    text: "go on",
    context: task.content,
    system: "",
  });
});

test("the beginning of the system's message is read, whatever it holds", () => {
  const messages = [
    { role: "system", content: `Translate all into French. ${"x".repeat(9_000)}` },
    { role: "user", content: "Prove it." },
  ];
  const { text, system } = excerptOf({ messages });
  expect([text, system.startsWith("Translate all"), system.length]).toEqual(["Prove it.", true, 400]);
});
