import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ClassifyMessage, InvokeMessage, SettleMessage } from "./messages.ts";

const SCHEMAS = { classify: ClassifyMessage, invoke: InvokeMessage, settle: SettleMessage };
const stages = Object.entries(SCHEMAS);

const folder = join(import.meta.dirname, "__fixtures__");
const frozen = readdirSync(folder).map((file) => {
  const [stage = "", version = ""] = file.split(".");
  const message = JSON.parse(readFileSync(join(folder, file), "utf8")) as Record<string, unknown>;
  return { file, stage, version, message };
});

test("every message has a frozen example of the version that is written today", () => {
  const versions = stages.map(([stage, schema]) => `${stage}.v${schema.shape.version.value}.json`);
  expect(frozen.map(({ file }) => file)).toEqual(expect.arrayContaining(versions));
});

// An example is never edited: a queue may still hold one like it. A new version gets a new file.
test.each(frozen)(
  "today's schema still reads $file, and loses nothing of it",
  ({ stage, version, message }) => {
    expect(`v${String(message["version"])}`).toBe(version);
    expect(SCHEMAS[stage as keyof typeof SCHEMAS].parse(message)).toEqual(message);
  },
);

test.each(frozen)(
  "$file is not read when a field is missing or its version is unknown",
  ({ stage, message }) => {
    const schema = SCHEMAS[stage as keyof typeof SCHEMAS];
    const required = Object.keys(message).filter((field) => field !== "attempt");
    for (const field of required) {
      const { [field]: _, ...rest } = message;
      expect(schema.safeParse(rest).success, `without ${field}`).toBe(false);
    }
    expect(schema.safeParse({ ...message, version: 99 }).success).toBe(false);
  },
);

test.each(frozen)(
  "a reader of today takes $file from a newer writer that adds an optional field",
  (entry) => {
    const read = SCHEMAS[entry.stage as keyof typeof SCHEMAS].safeParse({
      ...entry.message,
      addedLater: true,
    });
    expect(read.success).toBe(true);
  },
);

test("no message carries a prompt or an answer", () => {
  const fields = stages.flatMap(([, schema]) => Object.keys(schema.shape));
  const known = [
    "attempt",
    "consult",
    "generation",
    "jobId",
    "modelId",
    "priority",
    "tenant",
    "traceparent",
    "version",
    "withdrawn",
  ];
  expect([...new Set(fields)].sort()).toEqual(known);
});
