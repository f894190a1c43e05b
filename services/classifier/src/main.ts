import { readFileSync } from "node:fs";
import { runProcess } from "@switchyard/shared/lifecycle";
import { startClassifier } from "./start.ts";

await runProcess(() =>
  startClassifier({ environment: process.env, readFile: (path) => readFileSync(path, "utf8") }),
);
