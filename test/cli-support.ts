import { readFileSync } from "node:fs";
import { run } from "@switchyard/cli";
import { KEY, type System } from "./api/system.ts";

/** Runs the command as a shell does, with the key of the first tenant; answers its exit code and what it said. */
export async function switchyardOn(
  system: System,
  args: readonly string[],
  environment: Record<string, string> = {},
) {
  const said = { out: "", told: "" };
  const code = await run(args, {
    environment: {
      ...system.environment,
      SWITCHYARD_URL: system.url,
      SWITCHYARD_API_KEY: KEY,
      ...environment,
    },
    readFile: (path) => readFileSync(path, "utf8"),
    write: (text) => {
      said.out += text;
    },
    writeError: (text) => {
      said.told += text;
    },
    columns: null,
    now: Date.now,
  });
  return { code, ...said };
}
