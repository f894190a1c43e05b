import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { SwitchyardError } from "../errors/index.ts";
import { createLogger } from "./logger.ts";

function capture() {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  return { lines, log: createLogger("cost", "info", destination) };
}

test("a line is a constant message with named fields and the service that wrote it", () => {
  const { lines, log } = capture();
  log.info({ jobId: "job_1", durationMs: 12 }, "run finished");
  expect(lines).toMatchObject([{ service: "cost", msg: "run finished", jobId: "job_1", durationMs: 12 }]);
});

test.each(["authorization", "apiKey", "secret", "prompt", "messages", "input", "content", "text"])(
  "a field named %s never reaches a log, at the top or one level down",
  (name) => {
    const { lines, log } = capture();
    log.info({ [name]: "hidden-value", request: { [name]: "hidden-value" } }, "request answered");
    expect(JSON.stringify(lines)).not.toContain("hidden-value");
  },
);

test("an error is logged with its code, and its cause by name and message only", () => {
  const { lines, log } = capture();
  const cause = Object.assign(new Error("402"), {
    body: "hidden-value",
    headers: { authorization: "hidden-value" },
  });
  log.error({ error: new SwitchyardError("PROVIDER_REFUSED", "refused", { cause }) }, "job given up");
  expect(lines).toMatchObject([
    { error: { name: "SwitchyardError", code: "PROVIDER_REFUSED", message: "refused", cause: "Error: 402" } },
  ]);
  expect(JSON.stringify(lines)).not.toContain("hidden-value");
});

test("what was thrown without being an error is logged as text", () => {
  const { lines, log } = capture();
  log.error({ error: "out of paper" }, "job given up");
  expect(lines).toMatchObject([{ error: "out of paper" }]);
});
