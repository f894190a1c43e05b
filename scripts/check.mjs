// Everything that can be said about the code without running it: `npm run check`. The checks run side by
// side; each prints one line, and what it found if it failed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folders = ["packages", "services", "scripts", "test", "bench", "torture"].filter((folder) =>
  existsSync(join(root, folder)),
);

const CHECKS = [
  { name: "biome", args: ["check", "--error-on-warnings", "--max-diagnostics=none", "."] },
  { name: "tsc", args: ["--noEmit", "--pretty", "false"] },
  { name: "knip", args: ["--no-progress"] },
  { name: "depcruise", args: ["--config", ".dependency-cruiser.mjs", ...folders], mustSay: hasReadModules },
];

/** Under a TypeScript it does not know, dependency-cruiser reads nothing and calls that a success. */
function hasReadModules(output) {
  const [, modules] = /(\d+) modules, \d+ dependencies cruised/.exec(output) ?? [];
  return Number(modules) >= 100 ? null : `read ${modules ?? "no"} modules; the sources hold hundreds.\n`;
}

function run({ name, args, mustSay = () => null }) {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    const child = spawn(join(root, "node_modules", ".bin", name), args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: "1" },
    });
    let output = "";
    const finish = (isOk, said) =>
      resolve({ name, isOk, said, seconds: (performance.now() - startedAt) / 1_000 });
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => finish(false, `${error.message}\n`));
    child.on("close", (code) => {
      const missing = code === 0 ? mustSay(output) : null;
      finish(code === 0 && missing === null, output + (missing ?? ""));
    });
  });
}

const results = await Promise.all(
  CHECKS.map(async (check) => {
    const result = await run(check);
    const verdict = result.isOk ? "ok" : "failed";
    console.log(`${result.name.padEnd(10)} ${result.seconds.toFixed(1).padStart(5)} s  ${verdict}`);
    return result;
  }),
);
const failed = results.filter(({ isOk }) => !isOk);
for (const { name, said } of failed) console.log(`\n── ${name}\n${said.trimEnd()}`);
process.exitCode = failed.length === 0 ? 0 : 1;
