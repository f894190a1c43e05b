/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about the servers tests shall use. */
export interface TestSettings {
  redisUrl: string | undefined;
  dynamodbUrl: string | undefined;
  /**
   * `preferred`: where an engine answers and the image is there. `demanded`: it is an error when there is none.
   */
  containers: "preferred" | "demanded" | "off";
}

/** Reads `TEST_REDIS_URL`, `TEST_DYNAMODB_URL` and `TEST_CONTAINERS`; an empty variable counts as absent. */
export function testSettings(environment: Environment = process.env): TestSettings {
  return {
    redisUrl: environment.TEST_REDIS_URL || undefined,
    dynamodbUrl: environment.TEST_DYNAMODB_URL || undefined,
    containers: containersOf(environment.TEST_CONTAINERS || undefined),
  };
}

function containersOf(value: string | undefined): TestSettings["containers"] {
  if (value === undefined) return "preferred";
  if (value === "0") return "off";
  if (value === "1") return "demanded";
  throw new Error(`TEST_CONTAINERS: must be 0 or 1, not ${value}`);
}

const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "DOCKER_HOST", "DOCKER_CONFIG", "NODE_EXTRA_CA_CERTS"];

/** The few variables a child gets without being told: where programs are, and where it may write. */
export function inheritedEnvironment(environment: Environment = process.env): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = environment[name];
    if (value !== undefined) inherited[name] = value;
  }
  return inherited;
}

/**
 * Tells test files, which run in processes of their own, where the servers shared by all of them are. Returns the
 * function that takes it back.
 */
export function announceServers(urls: { redisUrl: string; dynamodbUrl: string }): () => void {
  const before = testSettings();
  process.env.TEST_REDIS_URL = urls.redisUrl;
  process.env.TEST_DYNAMODB_URL = urls.dynamodbUrl;
  return () => {
    // An empty value counts as absent, as it does when read.
    process.env.TEST_REDIS_URL = before.redisUrl ?? "";
    process.env.TEST_DYNAMODB_URL = before.dynamodbUrl ?? "";
  };
}

/**
 * Keeps testcontainers from starting its own cleaning container, whose image would have to be pulled; what
 * is started here is stopped here.
 */
export function disableContainerReaper(): void {
  process.env.TESTCONTAINERS_RYUK_DISABLED = "true";
}
