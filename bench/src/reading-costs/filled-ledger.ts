import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDynamodbProcess, startProcess, startRedis } from "@switchyard/testkit";
import { createKey, environmentOf, startService } from "../durable-path/system.ts";

export const DAYS = 30;
const DAY_MS = 86_400_000;
const HOURS = DAYS * 24;
/** A million calls take several minutes. */
const FILL_TIMEOUT_MS = 3_600_000;
const FILL = new URL("./fill-main.ts", import.meta.url);

/** A table that is filled with calls of 30 days, and what reads it. */
export interface FilledLedger {
  env: Record<string, string>;
  dynamodbPid: number;
  keys: { own: string; admin: string };
  /** UTC days, both inclusive; the last is today. */
  from: string;
  to: string;
  /** Adds calls until there are those of so many of the 720 hours; answers how many calls and totals there are. */
  fillTo: (share: number) => Promise<{ calls: number; totals: number }>;
  stop: () => Promise<void>;
}

export async function openFilledLedger(calls: number): Promise<FilledLedger> {
  const redis = await startRedis();
  const folder = await mkdtemp(join(tmpdir(), "bench-reading-costs-"));
  const dynamodb = await startDynamodbProcess({ dataDir: join(folder, "table") });
  const own = `sk-sy-bench-${randomBytes(16).toString("hex")}`;
  const providerUrl = "http://127.0.0.1:9";
  const urls = { redisUrl: redis.url, dynamodbUrl: dynamodb.url, providerUrl, apiKey: own };
  // Several gigabytes lie there for a while, what is verified included: in one folder, which goes as a whole.
  const env = { ...environmentOf(urls), TMPDIR: join(folder, "temporary") };
  await mkdir(env.TMPDIR);
  // It creates the table and the first key.
  const first = await startService("ingest", env);
  await first.process.stop();
  const admin = await createKey(env, "operators", "--scopes", "jobs:read,admin");
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const firstMs = today - (DAYS - 1) * DAY_MS;
  const perHour = Math.ceil(calls / HOURS);
  const filled = { hours: 0, totals: 0 };
  return {
    env,
    dynamodbPid: dynamodb.pid,
    keys: { own, admin },
    from: dayOf(firstMs),
    to: dayOf(today),
    async fillTo(share) {
      const toHour = HOURS * share;
      const args = ["--endpoint", dynamodb.url, "--first-ms", String(firstMs), "--per-hour", String(perHour)];
      args.push("--from-hour", String(filled.hours), "--to-hour", String(toHour));
      const program = startProcess({ entry: FILL, name: "fill", args, env });
      const line = await program.waitForLog((text) => text.startsWith("result "), {
        timeoutMs: FILL_TIMEOUT_MS,
      });
      await program.exited;
      filled.totals += (JSON.parse(line.slice("result ".length)) as { totals: number }).totals;
      filled.hours = toHour;
      return { calls: perHour * toHour, totals: filled.totals };
    },
    async stop() {
      await Promise.all([dynamodb.stop(), redis.stop()]);
      await rm(folder, { recursive: true });
    },
  };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-01-31".length);
}
