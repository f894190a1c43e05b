import { readFileSync } from "node:fs";
import { relative } from "node:path";
import type { Belongings } from "./belongings.ts";
import type { Flags } from "./flags.ts";
import { headerRows } from "./header-rows.ts";
import { baselineModel } from "./provider-plan.ts";
import { readRunTotals } from "./run-totals.ts";
import type { Paint } from "./screen/paint.ts";
import {
  renderAddresses,
  renderCheck,
  renderCheckTitle,
  renderFailure,
  renderHeader,
  renderSaving,
  renderTotals,
} from "./screen/screen.ts";
import { CHECK_JOBS, type CheckResult, checkJob } from "./self-check.ts";
import { NO_CREDENTIALS } from "./service-environment.ts";
import { SERVICES } from "./services/running-services.ts";
import { asStartFailure, StartFailure } from "./start-failure.ts";
import { type RunningSystem, type SystemFacts, startSystem } from "./start-system.ts";

export interface LaunchOptions {
  flags: Flags;
  environment: Readonly<Record<string, string | undefined>>;
  workingDir: string;
  belongings: Belongings;
  write: (text: string) => void;
  writeError: (text: string) => void;
  paint: Paint;
  /** Settles when the person wants it to end. */
  interrupted: Promise<"interrupted">;
  /** Sets variables of this process that the AWS client reads by itself. */
  setVariables: (variables: Readonly<Record<string, string | undefined>>) => void;
}

/** As shells have it for a program that was ended from the keyboard. */
const INTERRUPTED = 130;

/** The whole run, from the first start to the last stop. Answers the exit code; nothing is left running. */
export async function launch(options: LaunchOptions): Promise<number> {
  const { belongings, interrupted, write } = options;
  const progress = { isUp: false };
  const starting = bringUp(options, progress);
  const outcome = await Promise.race([starting.catch(asStartFailure), interrupted]);
  if (outcome instanceof StartFailure) {
    await belongings.stopAll();
    options.writeError(renderFailure(outcome));
    return 1;
  }
  if (outcome === "interrupted") {
    write("\n  stopping\n");
    await belongings.stopAll();
    // What came up meanwhile is stopped, too.
    await starting.catch(() => {});
    await belongings.stopAll();
    return INTERRUPTED;
  }
  progress.isUp = true;
  const code = await use(options, outcome);
  for (const problem of await belongings.stopAll()) options.writeError(`switchyard: ${problem}\n`);
  return code;
}

async function bringUp(options: LaunchOptions, progress: { isUp: boolean }): Promise<RunningSystem> {
  const { flags, environment, workingDir, belongings, write, paint } = options;
  const startedAt = Date.now();
  const system = await startSystem({
    flags,
    environment,
    workingDir,
    belongings,
    onNotice: (text) => write(`  ${text}\n`),
    onServicesStopped: async (facts) => {
      if (progress.isUp) write(await totalsText(options, facts, startedAt));
    },
  });
  const header = {
    version: ownVersion(),
    nodeVersion: process.versions.node,
    readyMs: performance.now(),
    rows: headerRows({ ...system, environment, isLive: flags.isLive, dataDir: flags.dataDir }),
    warnings: system.plan.warnings,
  };
  write(`${renderHeader(header, paint)}`);
  return system;
}

/** From the first job to the moment when the end is wanted. */
async function use(options: LaunchOptions, system: RunningSystem): Promise<number> {
  const { flags, interrupted, write, paint, workingDir } = options;
  const isOver = new AbortController();
  const checking = selfCheck(options, system, isOver.signal);
  const checked = await Promise.race([checking, system.failed, interrupted]);
  isOver.abort();
  if (checked === "failed") return 1;
  if (checked === "well") {
    const metrics = SERVICES.map((service) => ({ service, port: system.opsPorts[service] }));
    const logs = system.logs.map((file) => shortPath(workingDir, file));
    if (flags.isOnce) return 0;
    const { apiUrl, secrets } = system;
    write(renderAddresses({ apiUrl, apiKey: secrets.apiKey, metrics, logs }, paint));
  }
  const end = checked === "well" ? await Promise.race([system.failed, interrupted]) : checked;
  if (end === "interrupted") {
    write("\n  stopping   finishing what is in hand; ctrl-c again leaves at once\n");
    return 0;
  }
  options.writeError(renderFailure(new StartFailure(end, `See ${system.logs.join(" ")}.`)));
  return 1;
}

async function selfCheck(
  { write, paint }: LaunchOptions,
  { apiUrl, secrets, plan }: RunningSystem,
  signal: AbortSignal,
): Promise<"well" | "failed"> {
  const results: CheckResult[] = [];
  write(renderCheckTitle(CHECK_JOBS.length));
  // One after another, so that the times shown are those of a job and not of a crowd.
  for (const job of CHECK_JOBS) {
    const result = await checkJob({ url: apiUrl, apiKey: secrets.apiKey, signal }, job);
    if (signal.aborted) return "failed";
    results.push(result);
    write(renderCheck(result, paint));
  }
  if (results.some(({ problem }) => problem !== null)) return "failed";
  write(renderSaving(results, baselineModel(plan.catalogue) ?? "the strongest model", paint));
  return "well";
}

async function totalsText(
  { flags, setVariables }: LaunchOptions,
  { environment, secrets, emulatorUrl }: SystemFacts,
  since: number,
): Promise<string> {
  // The ledger is read by this process, which has not got the services' environment.
  if (environment["AWS_ACCESS_KEY_ID"] === NO_CREDENTIALS.AWS_ACCESS_KEY_ID) setVariables(NO_CREDENTIALS);
  const totals = await readRunTotals({ environment, tenant: secrets.tenant, since });
  return renderTotals(totals, flags.dataDir !== null || emulatorUrl === null);
}

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function shortPath(workingDir: string, file: string): string {
  const short = relative(workingDir, file);
  return short.startsWith("..") ? file : short;
}
