import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Environment, inheritedEnvironment } from "./environment.ts";

const run = promisify(execFile);

const CACHE_DIR = fileURLToPath(new URL("../../../.toolchain/prometheus", import.meta.url));
const INSTALLER = fileURLToPath(new URL("../../../scripts/get-prometheus.sh", import.meta.url));

/** Programs of Prometheus that have been seen to run: commands for `execFile`. */
interface PrometheusTools {
  prometheus: string;
  promtool: string;
}

/** Why there is none: the reason that a test which needs them is skipped with. */
interface PrometheusMissing {
  missing: string;
}

let pending: Promise<PrometheusTools | PrometheusMissing> | undefined;

/** `locatePrometheus`, once per process: a second caller shares the first one's search. */
export function findPrometheus(): Promise<PrometheusTools | PrometheusMissing> {
  pending ??= locatePrometheus(CACHE_DIR, inheritedEnvironment());
  return pending;
}

/**
 * Finds `prometheus` and `promtool` on PATH, else in the cache folder, else unpacks the system's package into that
 * folder without root.
 */
export async function locatePrometheus(
  cacheDir: string,
  env: Environment,
): Promise<PrometheusTools | PrometheusMissing> {
  const cached = { prometheus: `${cacheDir}/prometheus`, promtool: `${cacheDir}/promtool` };
  const onPath = { prometheus: "prometheus", promtool: "promtool" };
  for (const tools of [onPath, cached]) if (await doRun(tools, env)) return tools;
  try {
    // Three minutes: on a slow line the package lists alone take one.
    await run("/bin/sh", [INSTALLER, cacheDir], { timeout: 180_000, env });
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? "");
    const reason = said.trim().split("\n").at(-1) || "it ended without a word";
    return { missing: `no prometheus on PATH, and its package could not be unpacked (${reason})` };
  }
  if (await doRun(cached, env)) return cached;
  return { missing: "the unpacked prometheus does not run here" };
}

async function doRun({ prometheus, promtool }: PrometheusTools, env: Environment): Promise<boolean> {
  const options = { timeout: 10_000, env };
  try {
    for (const command of [prometheus, promtool]) await run(command, ["--version"], options);
    return true;
  } catch {
    return false;
  }
}
