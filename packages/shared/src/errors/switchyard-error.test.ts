import { expect, test } from "vitest";
import { asSwitchyardError, SwitchyardError } from "./switchyard-error.ts";

test("an error of ours is passed on as it is", () => {
  const error = new SwitchyardError("PROVIDER_THROTTLED", "slow down", { retryAfterMs: 5_000 });
  expect(asSwitchyardError(error)).toBe(error);
  expect(error).toMatchObject({ kind: "throttled", isRetriable: true, retryAfterMs: 5_000, problems: [] });
});

test("anything unrecognised is our own fault, and keeps what was thrown as its cause", () => {
  const thrown = new TypeError("undefined is not a function");
  const error = asSwitchyardError(thrown);
  expect(error).toMatchObject({ code: "INTERNAL_FAULT", kind: "fault", isRetriable: false });
  expect(error.message).toBe("undefined is not a function");
  expect(error.cause).toBe(thrown);
});

test("even what is not an error becomes one", () => {
  expect(asSwitchyardError("out of paper")).toMatchObject({ message: "out of paper", cause: "out of paper" });
  expect(asSwitchyardError(undefined)).toMatchObject({ code: "INTERNAL_FAULT", message: "undefined" });
});

test("an error without a cause has no cause member", () => {
  expect("cause" in new SwitchyardError("ROW_INVALID", "row 7")).toBe(false);
});
