import { readFileSync } from "node:fs";
import { runProcess } from "@switchyard/shared/lifecycle";
import { startCost } from "./start.ts";

await runProcess(() =>
  startCost({ environment: process.env, readFile: (path) => readFileSync(path, "utf8") }),
);
