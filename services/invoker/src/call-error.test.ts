import { type ErrorCode, SwitchyardError } from "@switchyard/shared/errors";
import { expect, test } from "vitest";
import { CALL_ERRORS, callErrorOf } from "./call-error.ts";
import type { Outcome } from "./providers/index.ts";

const voided = (code: ErrorCode, more: { isOutOfTime?: true } = {}): Outcome => ({
  ...{ kind: "void", error: new SwitchyardError(code, "no"), providerRequestId: null },
  ...more,
});
const unknown = (more: { isOutOfTime?: true } = {}): Outcome => ({
  ...{
    kind: "unknown",
    error: new SwitchyardError("PROVIDER_OUTCOME_UNKNOWN", "no"),
    providerRequestId: null,
  },
  ...more,
});

test("every error of a call has one of few names, and each of these is used", () => {
  const named = [
    voided("PROVIDER_THROTTLED"),
    voided("PROVIDER_UNAVAILABLE"),
    unknown({ isOutOfTime: true }),
    unknown(),
    voided("PROVIDER_KEY_REFUSED"),
    voided("PROVIDER_REFUSED"),
    voided("CONTENT_FILTERED"),
    voided("WINDOW_EXCEEDED"),
    voided("INTERNAL_FAULT"),
  ].map(callErrorOf);
  expect(named).toEqual(CALL_ERRORS);
});

test("a call that nothing was sent of in its time counts as one that took too long", () => {
  expect(callErrorOf(voided("PROVIDER_UNAVAILABLE", { isOutOfTime: true }))).toBe("timeout");
});

test("a call that was withdrawn by us is no error of its provider", () => {
  expect([callErrorOf(voided("PROCESS_STOPPING")), callErrorOf({ kind: "abandoned" })]).toEqual([null, null]);
});
