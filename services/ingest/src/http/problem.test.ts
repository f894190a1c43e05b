import { ERRORS, type ErrorCode, SwitchyardError, statusOf } from "@switchyard/shared/errors";
import { describe, expect, test } from "vitest";
import { problemOf } from "./problem.ts";

const CODES = Object.keys(ERRORS) as ErrorCode[];

describe.each(CODES)("%s", (code) => {
  const problem = problemOf(new SwitchyardError(code, "what happened"), "req_1");

  test("has a status that says refused or failed, and the same one in its body", () => {
    expect(problem.status).toBe(statusOf(code));
    expect(problem.status).toBeGreaterThanOrEqual(400);
    expect(problem.status).toBeLessThan(600);
  });

  test("speaks both languages: RFC 9457 and OpenAI's error object", () => {
    expect(problem).toMatchObject({ type: `/docs/errors#${ERRORS[code].api}`, code: ERRORS[code].api });
    expect(problem.error).toMatchObject({ message: problem.detail, param: null });
    expect(problem.error.code).not.toBe("");
  });

  test("tells its detail unless it is a fault of ours", () => {
    const isHidden = ERRORS[code].kind === "fault";
    expect(problem.detail === "what happened").toBe(!isHidden);
  });
});

test("existing clients find OpenAI's own names where there are any", () => {
  const openai = (code: ErrorCode) => problemOf(new SwitchyardError(code, "x"), "r").error;
  expect(openai("MODEL_UNKNOWN")).toMatchObject({ code: "model_not_found", type: "invalid_request_error" });
  expect(openai("KEY_REJECTED")).toMatchObject({ code: "invalid_api_key", type: "authentication_error" });
  expect(openai("SCOPE_MISSING").type).toBe("authentication_error");
  expect(openai("PROVIDER_THROTTLED")).toMatchObject({
    code: "rate_limit_exceeded",
    type: "rate_limit_error",
  });
  expect(openai("LEDGER_UNAVAILABLE").type).toBe("server_error");
});

test("a 404 names no request, so that two of them are the same to the byte", () => {
  const missing = new SwitchyardError("RESOURCE_MISSING", "no such job");
  expect(JSON.stringify(problemOf(missing, "req_1"))).toBe(JSON.stringify(problemOf(missing, "req_2")));
  expect(problemOf(new SwitchyardError("JSON_INVALID", "x"), "req_1").request_id).toBe("req_1");
});

test("the first problem with a path is OpenAI's param", () => {
  const problems = [{ path: "messages.0.content", code: "too_small", detail: "must not be empty" }];
  const problem = problemOf(new SwitchyardError("REQUEST_INVALID", "x", { problems }), "req_1");
  expect(problem.error.param).toBe("messages.0.content");
  expect(problem.errors).toEqual(problems);
});

test("a spent budget tells when there is room again, also in a batch, which has no header for it", () => {
  const spent = new SwitchyardError("BUDGET_EXCEEDED", "x", { retryAfterMs: 3_599_001 });
  expect(problemOf(spent, "req_1")).toMatchObject({ status: 429, retry_after_seconds: 3_600 });
  expect(problemOf(spent, "req_1").error).toMatchObject({ code: "insufficient_quota" });
  const never = new SwitchyardError("BUDGET_EXCEEDED", "x");
  expect(problemOf(never, "req_1").retry_after_seconds).toBeUndefined();
});
