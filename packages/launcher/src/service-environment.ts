import type { LocalSecrets } from "./secrets.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The addresses and secrets of one run. */
export interface RunFacts {
  /** What the person who starts us has set, without the variables of providers that must not be used. */
  environment: Environment;
  redisUrl: string;
  /** The emulated DynamoDB of this run; null: the one that the environment names. */
  emulatorUrl: string | null;
  simulatorUrl: string | null;
  apiPort: number;
  secrets: LocalSecrets;
  /** The Redis is ours alone; in another one our queues must not meet those of another ledger. */
  isRedisOurs: boolean;
  /** A provider of the catalogue needs the AWS credentials of the environment. */
  needsAwsCredentials: boolean;
}

/** Nobody checks them: the AWS client refuses to send a request without some. */
export const NO_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: "local",
  AWS_SECRET_ACCESS_KEY: "local",
  AWS_SESSION_TOKEN: undefined,
  AWS_PROFILE: undefined,
} as const;

const CREDENTIAL_SOURCES = [
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/** Whether the ledger is left to us: nothing in the environment says where a DynamoDB is. */
export function needsEmulator(environment: Environment): boolean {
  return !isSet(environment, "DYNAMODB_ENDPOINT") && !isSet(environment, "DYNAMODB_TABLE");
}

/** What all four services get; each reads its own part. Everything listens on loopback only. */
export function serviceEnvironment(facts: RunFacts): Environment {
  const { environment, secrets } = facts;
  return {
    ...environment,
    ...credentialsFor(environment, facts.needsAwsCredentials),
    ...(facts.emulatorUrl !== null && { DYNAMODB_ENDPOINT: facts.emulatorUrl }),
    ...(createsTable(facts) && { DYNAMODB_CREATE_TABLE: "true" }),
    ...(!facts.isRedisOurs &&
      facts.emulatorUrl !== null &&
      !isSet(environment, "QUEUE_PREFIX") && { QUEUE_PREFIX: `{sw-${secrets.queueTag}}` }),
    REDIS_URL: facts.redisUrl,
    REDIS_URL_FILE: undefined,
    SIMULATOR_URL: facts.simulatorUrl ?? undefined,
    API_KEY_PEPPER: secrets.pepper,
    API_KEY_PEPPER_FILE: undefined,
    SEED_API_KEY: `${secrets.tenant}:${secrets.apiKey}`,
    SEED_API_KEY_FILE: undefined,
    HOST: "127.0.0.1",
    PORT: String(facts.apiPort),
    OPS_HOST: "127.0.0.1",
    LOG_LEVEL: environment["LOG_LEVEL"]?.trim() || "info",
  };
}

/** False credentials for an emulator; true ones are neither shown to it nor overwritten where they are needed. */
export function credentialsFor(environment: Environment, needsAwsCredentials: boolean): Environment {
  if (needsAwsCredentials) return {};
  if (needsEmulator(environment)) return NO_CREDENTIALS;
  // An endpoint of one's own is an emulator, too: DynamoDB Local keeps a database for each key, so a key that
  // is set stays; where none is, any will do.
  const hasNone = !CREDENTIAL_SOURCES.some((name) => isSet(environment, name));
  return isSet(environment, "DYNAMODB_ENDPOINT") && hasNone ? NO_CREDENTIALS : {};
}

/** Never in a real account: there a table is somebody's decision. */
function createsTable({ environment, emulatorUrl }: RunFacts): boolean {
  if (isSet(environment, "DYNAMODB_CREATE_TABLE")) return false;
  return emulatorUrl !== null || isSet(environment, "DYNAMODB_ENDPOINT");
}

function isSet(environment: Environment, name: string): boolean {
  return (environment[name] ?? "").trim() !== "";
}
