import { startClassifier } from "@switchyard/classifier";
import { startCost } from "@switchyard/cost";
import { manageKeys, startIngest } from "@switchyard/ingest";
import { type RunningInvoker, startInvoker } from "@switchyard/invoker";
import { type Simulator, startSimulator } from "@switchyard/simulator";
import { testDynamodb, testRedis, uniquePrefix } from "@switchyard/testkit";

// The emulated DynamoDB wants credentials to be there and does not check them.
process.env.AWS_ACCESS_KEY_ID = "test";
process.env.AWS_SECRET_ACCESS_KEY = "test";

export const KEY = "sk-sy-dev-0123456789abcdef";

/** The whole system in this process. */
export interface System {
  url: string;
  /** Where its processes serve health and metrics. */
  opsPorts: readonly number[];
  simulator: Simulator;
  /** What its processes were started with. */
  environment: Readonly<Record<string, string>>;
  redisUrl: string;
  queuePrefix: string;
  /** Answers a key of a tenant; with the scopes of its own jobs unless others are named. */
  keyOf: (tenant: string, scopes?: string) => Promise<string>;
  /** What all services answer to a scrape, one after another. */
  scrape: () => Promise<string>;
  /** Starts stage invoke of a system that was started without it. */
  startInvoker: () => Promise<void>;
  stop: () => Promise<void>;
}

export interface SystemOptions {
  /** Settings beside those of every system. */
  environment?: Record<string, string>;
  latencyScale?: number;
  /** False: nobody calls a provider until `startInvoker`. */
  invokes?: boolean;
  /** True: only the invoker gets what calling a provider takes; the others are told who is active. */
  isKeyless?: boolean;
}

/** A request with the key of the first tenant, and its answer. */
export async function send<Body>(
  { url }: System,
  request: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: Body }> {
  const [method = "", path = ""] = request.split(" ");
  const response = await fetch(url + path, {
    method,
    headers: {
      authorization: `Bearer ${KEY}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Body };
}

export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const { latencyScale, invokes = true } = options;
  const [redis, dynamodb, simulator] = await Promise.all([
    testRedis(),
    testDynamodb(),
    startSimulator({ latencyScale }),
  ]);
  const name = uniquePrefix("api");
  const environment: Record<string, string> = {
    REDIS_URL: redis.url,
    DYNAMODB_ENDPOINT: dynamodb.url,
    DYNAMODB_TABLE: name,
    DYNAMODB_CREATE_TABLE: "true",
    QUEUE_PREFIX: name,
    HOST: "127.0.0.1",
    PORT: "0",
    OPS_HOST: "127.0.0.1",
    OPS_PORT: "0",
    API_KEY_PEPPER: "a-pepper-for-tests-only",
    SEED_API_KEY: `acme:${KEY}`,
    SIMULATOR_URL: simulator.url,
    LOG_LEVEL: "silent",
    ...options.environment,
  };
  const others = options.isKeyless === true ? keyless(environment) : environment;
  const source = { environment: others, readFile: () => "" };
  const classifier = await startClassifier(source);
  others["CLASSIFIER_URL"] = `http://127.0.0.1:${classifier.opsPort}`;
  let invoker: RunningInvoker | undefined;
  const beginInvoking = async () => {
    invoker = await startInvoker({ ...source, environment: { ...others, ...environment } });
  };
  const [cost, ingest] = await Promise.all([
    startCost(source),
    startIngest(source),
    invokes ? beginInvoking() : undefined,
  ]);
  return {
    url: `http://127.0.0.1:${ingest.port}`,
    get opsPorts() {
      const running = [ingest, classifier, cost, ...(invoker === undefined ? [] : [invoker])];
      return running.map(({ opsPort }) => opsPort);
    },
    simulator,
    environment,
    redisUrl: redis.url,
    queuePrefix: name,
    async keyOf(tenant, scopes = "jobs:read,jobs:write") {
      return (await manageKeys(["create", "--tenant", tenant, "--scopes", scopes], source))[0] as string;
    },
    async scrape() {
      const ports = [ingest, classifier, invoker, cost].flatMap((service) => service?.opsPort ?? []);
      const scrapes = ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text());
      return (await Promise.all(scrapes)).join("\n");
    },
    startInvoker: beginInvoking,
    async stop() {
      await ingest.stop();
      await Promise.all([classifier.stop(), invoker?.stop(), cost.stop()]);
      await simulator.close();
      await dynamodb.stop();
      await redis.stop();
    },
  };
}

/** An environment without what calling a provider takes, for those who are told who is active. */
function keyless({ SIMULATOR_URL: _, ...rest }: Record<string, string>): Record<string, string> {
  return { ...rest, ACTIVE_PROVIDERS: "simulated,simulated-bedrock" };
}
