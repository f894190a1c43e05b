#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { run } from "./run.ts";

// The reader of a pipe may be gone before we are, as `head` is.
process.stdout.on("error", () => {});
process.exitCode = await run(process.argv.slice(2), {
  environment: process.env,
  readFile: (path) => readFileSync(path, "utf8"),
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  columns: process.stdout.columns ?? null,
  now: Date.now,
});
