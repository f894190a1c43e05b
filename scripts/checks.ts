import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ["packages", "services", "scripts", "test", "bench", "torture", "training", "deploy"].filter(
  (folder) => existsSync(join(root, folder)),
);

interface Check {
  /** The tool's name in `node_modules/.bin`. */
  name: string;
  args: readonly string[];
  /** What is missing in the output of a run that says it went well; null when nothing is. */
  lacks?: (output: string) => string | null;
}

export interface CheckResult {
  name: string;
  isOk: boolean;
  said: string;
  seconds: number;
}

/** Everything that can be said about the code without running it. */
export const CHECKS: readonly Check[] = [
  { name: "biome", args: ["check", "--error-on-warnings", "--max-diagnostics=none", "."] },
  { name: "tsc", args: ["--noEmit", "--pretty", "false"] },
  { name: "knip", args: ["--no-progress"] },
  { name: "depcruise", args: ["--config", ".dependency-cruiser.mjs", ...folders], lacks: modulesRead },
];

/** Under a TypeScript it does not know, dependency-cruiser reads nothing and calls that a success. */
function modulesRead(output: string): string | null {
  const [, modules] = /(\d+) modules, \d+ dependencies cruised/.exec(output) ?? [];
  return Number(modules) >= 100 ? null : `read ${modules ?? "no"} modules; the sources hold hundreds.\n`;
}

/** Never rejects: a tool that cannot be started is a check that failed. */
export function runCheck({ name, args, lacks = () => null }: Check): Promise<CheckResult> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const environment = { ...process.env, NO_COLOR: "1" };
    const child = spawn(join(root, "node_modules", ".bin", name), args, { cwd: root, env: environment });
    let output = "";
    const finish = (isOk: boolean, said: string) =>
      resolve({ name, isOk, said, seconds: (performance.now() - startedAt) / 1_000 });
    const hear = (chunk: Buffer) => {
      output += chunk.toString("utf8");
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", (error) => finish(false, `${error.message}\n`));
    child.on("close", (code) => {
      const missing = code === 0 ? lacks(output) : null;
      finish(code === 0 && missing === null, output + (missing ?? ""));
    });
  });
}
