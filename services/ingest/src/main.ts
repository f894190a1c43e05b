import { readFileSync } from "node:fs";
import { runProcess } from "@switchyard/shared/lifecycle";
import { startIngest } from "./start.ts";

await runProcess(() =>
  startIngest({ environment: process.env, readFile: (path) => readFileSync(path, "utf8") }),
);
