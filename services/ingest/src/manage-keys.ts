import { parseArgs } from "node:util";
import { baseSettings, type EnvironmentSource, readEnvironment } from "@switchyard/shared/config";
import { isAbove, JOB_CLASSES } from "@switchyard/shared/contracts";
import { type Ledger, OWN_SCOPES, openLedger, SCOPES } from "@switchyard/shared/ledger";
import { parseAccessKey } from "./access.ts";
import { createAccessKey, type NewKey, TENANT, TENANT_FORM } from "./access-key.ts";
import { ingestSettings } from "./config.ts";

const USAGE = `usage:
  keys.ts create --tenant <tenant> [--scopes jobs:read,jobs:write] [--expires 2027-01-01]
                 [--min-class CALCULATION] [--max-class COMPLEX]
  keys.ts revoke <key id>

Reads DYNAMODB_ENDPOINT, DYNAMODB_TABLE, DYNAMODB_CREATE_TABLE, AWS_REGION and API_KEY_PEPPER, as the API does.`;

/** The settings of the API that a key depends on; Redis is not among them. */
const keySettings = {
  dynamodbEndpoint: baseSettings.dynamodbEndpoint,
  awsRegion: baseSettings.awsRegion,
  dynamodbTable: baseSettings.dynamodbTable,
  createsTable: baseSettings.createsTable,
  apiKeyPepper: ingestSettings.apiKeyPepper,
} as const;

type Command = { create: NewKey } | { revoke: string };

/**
 * Creates and revokes API keys. A key is shown once, when it is created: only its keyed hash is stored.
 * @returns the lines to print.
 * @throws RangeError for arguments that are wrong, SwitchyardError for settings and the table.
 */
export async function manageKeys(args: readonly string[], source: EnvironmentSource): Promise<string[]> {
  const command = readCommand(args);
  const config = readEnvironment(keySettings, source);
  const ledger = openLedger({
    tableName: config.dynamodbTable,
    region: config.awsRegion,
    ...(config.dynamodbEndpoint === null ? {} : { endpoint: config.dynamodbEndpoint }),
  });
  try {
    if (config.createsTable) await ledger.createTable();
    return "create" in command
      ? await create(ledger, command.create, config.apiKeyPepper)
      : await revoke(ledger, command.revoke);
  } finally {
    ledger.close();
  }
}

function readCommand(args: readonly string[]): Command {
  const { values, positionals } = parsed(args);
  const [verb, keyId, ...others] = positionals;
  const hasOptions = Object.keys(values).length > 0;
  if (verb === "create" && keyId === undefined) return { create: newKey(values) };
  if (verb === "revoke" && keyId !== undefined && others.length === 0 && !hasOptions)
    return { revoke: idIn(keyId) };
  throw new RangeError(USAGE);
}

/** Arguments are seen by others on the machine, and stay in the shell's history. */
function idIn(given: string): string {
  if (!given.startsWith("sk-sy-")) return given;
  throw new RangeError(`give its id, ${parseAccessKey(given).keyId}, and never a whole key in an argument`);
}

function parsed(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    const options = { tenant: text, scopes: text, expires: text, "min-class": text, "max-class": text };
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new RangeError(`${(error as Error).message}\n${USAGE}`);
  }
}

type Options = Partial<Record<"tenant" | "scopes" | "expires" | "min-class" | "max-class", string>>;

function newKey({ tenant, scopes, expires, ...given }: Options): NewKey {
  if (tenant === undefined || !TENANT.test(tenant)) {
    throw new RangeError(`--tenant ${TENANT_FORM}`);
  }
  const names = scopes === undefined ? [...OWN_SCOPES] : scopes.split(",");
  const known = SCOPES.filter((scope) => names.includes(scope));
  if (known.length !== names.length) throw new RangeError(`--scopes must be among ${SCOPES.join(",")}`);
  return { tenant, scopes: known, notAfter: endOf(expires), ...classesOf(given) };
}

function endOf(expires: string | undefined): number | undefined {
  if (expires === undefined) return undefined;
  const notAfter = /^\d{4}-\d\d-\d\d/.test(expires) ? Date.parse(expires) : NaN;
  if (!(notAfter > Date.now())) throw new RangeError("--expires must be a day to come, such as 2027-01-01");
  return notAfter;
}

function classesOf(given: Pick<Options, "min-class" | "max-class">) {
  const [minClass, maxClass] = (["min-class", "max-class"] as const).map((name) => {
    const value = given[name];
    const jobClass = JOB_CLASSES.find((known) => known === value);
    if (value !== undefined && jobClass === undefined)
      throw new RangeError(`--${name} must be one of ${JOB_CLASSES.join(", ")}`);
    return jobClass;
  });
  if (minClass !== undefined && maxClass !== undefined && isAbove(minClass, maxClass))
    throw new RangeError("--min-class must not be above --max-class");
  return { minClass, maxClass };
}

async function create(ledger: Ledger, key: NewKey, pepper: string): Promise<string[]> {
  const { text, row } = await createAccessKey(ledger.accessKeys, key, pepper);
  const until =
    row.notAfter === undefined ? "until revoked" : `until ${new Date(row.notAfter).toISOString()}`;
  return [
    text,
    `Key ${row.keyId} of ${row.tenant} (${row.scopes.join(", ")}) is valid ${until}. It is not shown again.`,
  ];
}

async function revoke(ledger: Ledger, keyId: string): Promise<string[]> {
  if (!(await ledger.accessKeys.revoke(keyId, Date.now()))) throw new RangeError(`there is no key ${keyId}`);
  return [`Key ${keyId} is revoked; the API refuses it within 5 seconds.`];
}
