import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { startCommand } from "./start-process.ts";

export interface StartPrometheusOptions {
  /** The program, as `findPrometheus` says. */
  command: string;
  /** Ports on loopback whose `/metrics` are read. */
  ports: readonly number[];
  /** How often; everything else that takes time follows it. */
  scrapeIntervalMs: number;
  /** Files of rules to evaluate as often. */
  ruleFiles?: readonly string[];
}

/** One series of an answer, with its points: seconds and value. */
export interface Series {
  metric: Readonly<Record<string, string>>;
  points: readonly (readonly [number, number])[];
}

/** A rule as it was evaluated last. */
export interface Rule {
  name: string;
  type: "recording" | "alerting";
  /** `unknown` before the first time. */
  health: "ok" | "err" | "unknown";
  lastError?: string;
  /** Of an alert; `pending` until what it has found has lasted for as long as it wants. */
  state?: "inactive" | "pending" | "firing";
}

export interface RunningPrometheus {
  url: string;
  /** Throws what Prometheus says of a query that it does not understand. */
  query: (expression: string) => Promise<Series[]>;
  /** As `query`, from then until now. */
  queryRange: (expression: string, range: { fromMs: number; stepMs: number }) => Promise<Series[]>;
  labelValues: (metric: string, label: string) => Promise<string[]>;
  /** The rules it evaluates, each with what went wrong the last time, if anything did. */
  rules: () => Promise<Rule[]>;
  stop: () => Promise<void>;
}

/** Starts a Prometheus on loopback that scrapes the given ports, and waits until it is ready. */
export async function startPrometheus(options: StartPrometheusOptions): Promise<RunningPrometheus> {
  const dir = await mkdtemp(join(tmpdir(), "switchyard-prometheus-"));
  const port = await freePort();
  const configFile = join(dir, "prometheus.yml");
  // What is JSON is YAML, too.
  await writeFile(configFile, JSON.stringify(configOf(options)));
  const server = startCommand({
    command: options.command,
    args: [
      ...[`--config.file=${configFile}`, `--storage.tsdb.path=${join(dir, "data")}`],
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    name: "prometheus",
    detached: true,
  });
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const isReady = (line: string) => line.includes("Server is ready to receive web requests");
    await server.waitForLog(isReady, { timeoutMs: 30_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop, ...askAt(url) };
}

function configOf({ ports, scrapeIntervalMs, ruleFiles = [] }: StartPrometheusOptions) {
  const often = `${scrapeIntervalMs}ms`;
  const targets = ports.map((port) => `127.0.0.1:${port}`);
  return {
    global: { scrape_interval: often, scrape_timeout: often, evaluation_interval: often },
    scrape_configs: [{ job_name: "switchyard", static_configs: [{ targets }] }],
    rule_files: ruleFiles,
  };
}

interface Answer<Data> {
  status: string;
  error?: string;
  data: Data;
}
type Point = [seconds: number, value: string];
interface Result {
  metric: Record<string, string>;
  value?: Point;
  values?: Point[];
}

function askAt(url: string): Omit<RunningPrometheus, "url" | "stop"> {
  const ask = async <Data>(path: string, parameters: Record<string, string> = {}): Promise<Data> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const { status, error, data } = (await response.json()) as Answer<Data>;
    if (status !== "success") throw new Error(`Prometheus: ${error} in ${JSON.stringify(parameters)}`);
    return data;
  };
  const series = async (path: string, parameters: Record<string, string>) => {
    const { result } = await ask<{ result: Result[] }>(path, parameters);
    return result.map(({ metric, value, values = [] }) => ({
      metric,
      points: (value === undefined ? values : [value]).map(([at, text]) => [at, numberOf(text)] as const),
    }));
  };
  return {
    query: (query) => series("query", { query }),
    queryRange: (query, { fromMs, stepMs }) =>
      series("query_range", {
        query,
        start: String(fromMs / 1_000),
        end: String(Date.now() / 1_000),
        step: String(stepMs / 1_000),
      }),
    labelValues: (metric, label) => ask(`label/${label}/values`, { "match[]": metric }),
    rules: async () =>
      (await ask<{ groups: { rules: Rule[] }[] }>("rules")).groups.flatMap(({ rules }) => rules),
  };
}

function numberOf(text: string): number {
  return text.endsWith("Inf") ? Number(text.replace("Inf", "Infinity")) : Number(text);
}
