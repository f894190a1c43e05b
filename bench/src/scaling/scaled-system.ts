import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDynamodbProcess, startRedis } from "@switchyard/testkit";
import { environmentOf, startProvider, startService } from "../durable-path/system.ts";
import { openPool, type Pool } from "./pool.ts";

/** The whole product, whose workers come and go. */
export interface ScaledSystem {
  apiUrl: string;
  /** The operations port of ingest: where an autoscaler asks. */
  opsUrl: string;
  apiKey: string;
  redisUrl: string;
  providerUrl: string;
  pool: Pool;
  stop: () => Promise<void>;
}

/** Starts everything but the workers. */
export async function startScaledSystem(options: {
  catalogue: string;
  latencyScale: number;
  environment?: Record<string, string>;
}): Promise<ScaledSystem> {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-scaling-"));
  const file = join(folder, "switchyard.yaml");
  writeFileSync(file, options.catalogue);
  const redis = await startRedis({ appendonly: true });
  const dynamodb = await startDynamodbProcess();
  const provider = await startProvider(options.latencyScale);
  const apiKey = `sk-sy-bench-${randomBytes(16).toString("hex")}`;
  const urls = { redisUrl: redis.url, dynamodbUrl: dynamodb.url, providerUrl: provider.url };
  const env = { ...environmentOf({ ...urls, apiKey }), SWITCHYARD_CONFIG: file, ...options.environment };
  const ingest = await startService("ingest", env);
  const others = [await startService("classifier", env), await startService("cost", env)];
  const pool = openPool(env);
  return {
    apiUrl: ingest.apiUrl as string,
    opsUrl: ingest.opsUrl,
    apiKey,
    redisUrl: redis.url,
    providerUrl: provider.url,
    pool,
    async stop() {
      await pool.stop();
      await Promise.all([ingest, ...others].map(({ process }) => process.stop()));
      await Promise.all([provider.process.stop(), dynamodb.stop(), redis.stop()]);
      rmSync(folder, { recursive: true });
    },
  };
}
