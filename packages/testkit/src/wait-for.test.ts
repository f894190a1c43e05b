import { expect, test } from "vitest";
import { waitFor } from "./wait-for.ts";

test("the first truthy answer is returned", async () => {
  const answers = [undefined, 0, "", "here", "later"];
  expect(await waitFor(() => answers.shift(), { intervalMs: 1 })).toBe("here");
});

test("an error counts as not yet", async () => {
  let calls = 0;
  const condition = () => {
    calls += 1;
    if (calls < 3) throw new Error("not yet");
    return calls;
  };
  expect(await waitFor(condition, { intervalMs: 1 })).toBe(3);
});

test("when the time runs out the error says what was awaited and why it did not come", async () => {
  const waiting = waitFor(() => Promise.reject(new Error("refused")), {
    timeoutMs: 5,
    intervalMs: 1,
    what: "the server",
  });
  await expect(waiting).rejects.toThrow("Waited 5 ms in vain for the server: refused");
});
