// Brings pnpm and Node 24 from the npm registry, installs the frozen lockfile when a manifest changed,
// and runs `pnpm <arguments>` on that toolchain. Plain JavaScript: it must start on any Node >= 20.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const version = manifest.packageManager.replace(/^pnpm@/, "").replace(/\+.*$/, "");
const home = join(root, ".toolchain", `pnpm-${version}`);
const binDir = join(home, "node_modules", ".bin");
const env = { ...process.env };

function stop(what, todo) {
  console.error(`switchyard: ${what}\n            ${todo}`);
  process.exit(1);
}

/** What is told while fetching goes to standard error: standard output may be redirected, and is the command's own. */
function must(command, args, options = {}) {
  const result = spawnSync(command, args, { stdio: ["inherit", 2, 2], cwd: root, env, ...options });
  if (result.error)
    stop(`cannot run ${command}: ${result.error.message}`, `install ${command} and try again.`);
  if (result.status !== 0) {
    stop(
      `\`${command} ${args[0]}\` failed, see above.`,
      "check that the npm registry can be reached, then try again.",
    );
  }
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  stop(
    `Node ${process.versions.node} is too old.`,
    "install Node 20 or newer (https://nodejs.org) and try again.",
  );
}

if (!existsSync(join(binDir, "pnpm"))) {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), '{"private":true}\n');
  const flags = [
    "--no-save",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--ignore-scripts=false",
  ];
  must("npm", ["install", ...flags, `pnpm@${version}`], { cwd: home });
}
env.PATH = [binDir, env.PATH].join(delimiter);

const inputs = ["package.json", "pnpm-workspace.yaml", "pnpm-lock.yaml"];
for (const group of ["packages", "services"]) {
  for (const folder of readdirSync(join(root, group)).sort()) inputs.push(`${group}/${folder}/package.json`);
}
for (const folder of ["test", "bench", "torture", "training", "deploy"])
  inputs.push(`${folder}/package.json`);
const digest = createHash("sha256");
for (const file of inputs) {
  if (existsSync(join(root, file))) digest.update(file).update(readFileSync(join(root, file)));
}
const wanted = digest.digest("hex");
const stamp = join(root, "node_modules", ".switchyard-install");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  must("pnpm", ["install", "--frozen-lockfile"]);
  writeFileSync(stamp, wanted);
}

const child = spawn("pnpm", process.argv.slice(2), { stdio: "inherit", cwd: root, env });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("error", (error) => stop(error.message, "delete .toolchain and try again."));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
