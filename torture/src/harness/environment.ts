import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What every service of a system under test agrees on. */
export const API_KEY = "sk-sy-test-abcdefghijklmnopqrstuvwx";
export const PEPPER = "pepper of the crash tests";
export const STORE_SECRET = "secret-of-the-emulated-store";
export const QUEUE_PREFIX = "{sw}";
export const TABLE = "switchyard";

/** Addresses of the servers that a system runs on. */
interface Addresses {
  REDIS_URL: string;
  DYNAMODB_ENDPOINT: string;
  SIMULATOR_URL: string;
}

interface Times {
  /** How long a job stands still before the sweeper helps. */
  sweepStaleMs: number;
  /** How long a process that is asked to leave may take over what it has in hand. */
  drainTimeoutMs: number;
}

const CATALOGUE = fileURLToPath(new URL("./switchyard.yaml", import.meta.url));

/** What a system has over the catalogue of the harness, in the words of that file. */
export interface CatalogueChange {
  /** The model that judges each job first, and how. */
  llm?: string | undefined;
  /** None unless given. */
  budgets?: string | undefined;
}

/** The catalogue of the harness, changed. */
export async function changedCatalogue(
  { llm, budgets }: CatalogueChange,
  dir: string,
): Promise<{ SWITCHYARD_CONFIG?: string }> {
  if (llm === undefined && budgets === undefined) return {};
  const file = join(dir, "changed.yaml");
  const text = await readFile(CATALOGUE, "utf8");
  const judged = llm === undefined ? text : text.replace("mode: local\n", `mode: llm\n  llm: ${llm}\n`);
  await writeFile(file, budgets === undefined ? judged : `${judged}\nbudgets: ${budgets}\n`);
  return { SWITCHYARD_CONFIG: file };
}

/** A dead worker is noticed within seconds, so that a crash test is short. */
export function environmentOf(addresses: Addresses, times: Times): Record<string, string> {
  return {
    ...addresses,
    SWITCHYARD_CONFIG: CATALOGUE,
    DYNAMODB_TABLE: TABLE,
    DYNAMODB_CREATE_TABLE: "true",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: STORE_SECRET,
    QUEUE_PREFIX,
    HOST: "127.0.0.1",
    OPS_HOST: "127.0.0.1",
    OPS_PORT: "0",
    API_KEY_PEPPER: PEPPER,
    SEED_API_KEY: `tenant:${API_KEY}`,
    QUEUE_LOCK_MS: "6000",
    SWEEP_STALE_MS: String(times.sweepStaleMs),
    SWEEP_INTERVAL_MS: "500",
    DRAIN_TIMEOUT_MS: String(times.drainTimeoutMs),
    // Half of what a system costs is reading its modules, a hundred times in a run.
    NODE_COMPILE_CACHE: fileURLToPath(new URL("../../../node_modules/.cache/compile", import.meta.url)),
  };
}
