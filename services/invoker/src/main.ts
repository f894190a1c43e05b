import { readFileSync } from "node:fs";
import { runProcess } from "@switchyard/shared/lifecycle";
import { startInvoker } from "./start.ts";

await runProcess(() =>
  startInvoker({ environment: process.env, readFile: (path) => readFileSync(path, "utf8") }),
);
