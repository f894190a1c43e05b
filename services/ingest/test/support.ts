import { randomBytes } from "node:crypto";
import { type AccessKeyRow, type Ledger, openLedger, type Scope } from "@switchyard/shared/ledger";
import type { RequestLimits } from "@switchyard/shared/lifecycle";
import { connect, type EventPublisher, eventPublisher } from "@switchyard/shared/queues";
import { testDynamodb, testRedis, uniquePrefix } from "@switchyard/testkit";
import { hashSecret } from "../src/access.ts";
import { type RunningIngest, startIngest } from "../src/index.ts";

// The emulator wants credentials to be there and does not check them.
process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";

const PEPPER = "a-pepper-for-tests-only";

/** A running API with a table and queues of its own, and a way to move its jobs as the stages would. */
export interface Api {
  url: string;
  port: number;
  opsPort: number;
  table: string;
  dynamodbUrl: string;
  environment: Record<string, string>;
  ledger: Ledger;
  events: EventPublisher;
  ingest: RunningIngest;
  /** A new key of a tenant, as the text a caller sends. */
  createKey: (tenant: string, given?: Partial<AccessKeyRow> & { scopes?: Scope[] }) => Promise<string>;
  stop: () => Promise<void>;
}

/** The environment of an ingest process with a table and queues of its own. */
export async function apiEnvironment(
  servers: { redisUrl?: string; dynamodbUrl?: string } = {},
): Promise<Record<string, string>> {
  const name = uniquePrefix("ingest");
  return {
    REDIS_URL: servers.redisUrl ?? (await testRedis()).url,
    DYNAMODB_ENDPOINT: servers.dynamodbUrl ?? (await testDynamodb()).url,
    DYNAMODB_TABLE: name,
    DYNAMODB_CREATE_TABLE: "true",
    QUEUE_PREFIX: name,
    HOST: "127.0.0.1",
    PORT: "0",
    OPS_HOST: "127.0.0.1",
    OPS_PORT: "0",
    API_KEY_PEPPER: PEPPER,
    // Makes the simulated models active; nothing here calls them.
    SIMULATOR_URL: "http://127.0.0.1:9",
    LOG_LEVEL: "silent",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
}

export async function startApi(
  given: Record<string, string> = {},
  { limits, ...servers }: { redisUrl?: string; dynamodbUrl?: string; limits?: RequestLimits } = {},
): Promise<Api> {
  const environment = { ...(await apiEnvironment(servers)), ...given };
  const ingest = await startIngest({ environment, readFile: () => "" }, limits);
  const opened = openTable(environment);
  return {
    ...opened,
    url: `http://127.0.0.1:${ingest.port}`,
    port: ingest.port,
    opsPort: ingest.opsPort,
    ingest,
    environment,
    async stop() {
      await ingest.stop();
      opened.close();
    },
  };
}

/** The ledger and the events of a running API, seen from outside. */
export function openTable(environment: Record<string, string>) {
  const table = environment["DYNAMODB_TABLE"] ?? "";
  const dynamodbUrl = environment["DYNAMODB_ENDPOINT"] ?? "";
  const ledger = openLedger({ tableName: table, region: "us-east-1", endpoint: dynamodbUrl });
  const redis = connect(environment["REDIS_URL"] ?? "", "worker");
  return {
    table,
    dynamodbUrl,
    ledger,
    events: eventPublisher(redis, environment["QUEUE_PREFIX"] ?? ""),
    async createKey(tenant: string, { scopes, ...given }: Partial<AccessKeyRow> = {}): Promise<string> {
      const keyId = given.keyId ?? `k${randomBytes(6).toString("hex")}`;
      const secret = randomBytes(18).toString("base64url");
      await ledger.accessKeys.create({
        keyId,
        secretHash: hashSecret(PEPPER, secret),
        tenant,
        scopes: scopes ?? ["jobs:read", "jobs:write"],
        createdAt: Date.now(),
        ...given,
      });
      return `sk-sy-${keyId}-${secret}`;
    },
    close() {
      ledger.close();
      redis.disconnect();
    },
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects of a body by looking.
  body: any;
}

export interface Ask {
  key?: string | undefined;
  /** An object is sent as JSON, text and bytes as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** One request and its whole answer. */
export async function ask(
  base: string,
  request: string,
  { key, body, headers, signal }: Ask = {},
): Promise<Answer> {
  const [method = "GET", path = "/"] = request.split(" ");
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(base + path, {
    method,
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
    redirect: "manual",
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every key in a table, by the DynamoDB protocol itself, so that nothing of ours can hide an item. */
export async function keysIn(dynamodbUrl: string, table: string): Promise<string[]> {
  const keys: string[] = [];
  let start: unknown;
  do {
    const response = await fetch(dynamodbUrl, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.Scan",
        "x-amz-date": "20260101T000000Z",
        authorization:
          "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
      },
      body: JSON.stringify({ TableName: table, ConsistentRead: true, ExclusiveStartKey: start }),
    });
    const page = (await response.json()) as {
      Items: { pk: { S: string }; sk: { S: string } }[];
      LastEvaluatedKey?: unknown;
    };
    keys.push(...page.Items.map(({ pk, sk }) => `${pk.S} ${sk.S}`));
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
  return keys.sort();
}

export async function jobRowsIn(api: Pick<Api, "dynamodbUrl" | "table">): Promise<string[]> {
  return (await keysIn(api.dynamodbUrl, api.table)).filter((key) => key.endsWith(" job"));
}
