import { join } from "node:path";
import {
  type LossyDynamodb,
  type RunningDynamodbProcess,
  startDynamodbProcess,
  startLossyDynamodb,
} from "@switchyard/testkit";
import { type Gate, openGate } from "./gate.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";
import { type SimulatorProcess, startSimulatorProcess } from "./simulator.ts";
import { steadyPort } from "./steady-port.ts";

/** What a server needs before more can be done to it than to kill or freeze it. Each costs every request a hop. */
export const DETOURS = ["replica", "dynamodb", "provider"] as const;
export type Detour = (typeof DETOURS)[number];

/** The servers that a system runs on. */
export interface Servers {
  redis: RedisServer;
  dynamodb: RunningDynamodbProcess;
  simulator: SimulatorProcess;
  /** Between the services and DynamoDB; null without that detour. */
  dynamodbWay: LossyDynamodb | null;
  /** Between the services and the provider; null without that detour. */
  providerGate: Gate | null;
  /** Where the services find them. */
  addresses: { REDIS_URL: string; DYNAMODB_ENDPOINT: string; SIMULATOR_URL: string };
}

export interface ServersOptions {
  /** For what they keep. */
  dir: string;
  detours: readonly Detour[];
  provider: { faults: string; latencyScale: number; seed: string };
}

/** Has a server stopped when everything is. */
type Opened = <Part extends { stop: () => Promise<unknown> }>(part: Promise<Part>) => Promise<Part>;

export async function startServers(options: ServersOptions, opened: Opened): Promise<Servers> {
  const { dir, detours, provider } = options;
  const [redis, dynamodb, simulator] = await Promise.all([
    opened(startRedisServer({ dir, isPaired: detours.includes("replica") })),
    opened(startDynamodbProcess()),
    opened(startSimulatorProcess({ billFile: join(dir, "bill.jsonl"), ...provider })),
  ]);
  const providerGate = detours.includes("provider")
    ? await opened(openGate(await steadyPort(), portOf(simulator.url)))
    : null;
  const dynamodbWay = detours.includes("dynamodb") ? await startLossyDynamodb(dynamodb.url) : null;
  if (dynamodbWay !== null) void opened(Promise.resolve({ stop: dynamodbWay.close }));
  const addresses = {
    REDIS_URL: redis.url,
    DYNAMODB_ENDPOINT: dynamodbWay?.url ?? dynamodb.url,
    SIMULATOR_URL: providerGate === null ? simulator.url : `http://127.0.0.1:${providerGate.port}`,
  };
  return { redis, dynamodb, simulator, dynamodbWay, providerGate, addresses };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
