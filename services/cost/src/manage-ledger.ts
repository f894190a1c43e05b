import { parseArgs } from "node:util";
import { baseSettings, type EnvironmentSource, readEnvironment } from "@switchyard/shared/config";
import { openLedger } from "@switchyard/shared/ledger";
import { verifyTotals } from "./verify/verify-totals.ts";

const USAGE = `usage:
  ledger.ts verify [--tenant <tenant>] [--from 2026-01-01] [--to 2026-01-31]

Recomputes every total from the rows of calls and tells what differs. It reads the whole table twice. Days are of UTC, both inclusive.
Reads DYNAMODB_ENDPOINT, DYNAMODB_TABLE and AWS_REGION, as the services do.`;

/** The settings that the ledger depends on; Redis is not among them. */
const ledgerSettings = {
  dynamodbEndpoint: baseSettings.dynamodbEndpoint,
  awsRegion: baseSettings.awsRegion,
  dynamodbTable: baseSettings.dynamodbTable,
} as const;

/** Beyond so many problems only their number is told. */
const MAX_TOLD = 100;

/**
 * Answers true when the totals are the sum of the rows.
 * @param write takes each line to print, as soon as it is known.
 * @throws RangeError for arguments that are wrong, SwitchyardError for settings and the table.
 */
export async function manageLedger(
  args: readonly string[],
  source: EnvironmentSource,
  write: (line: string) => void,
): Promise<boolean> {
  const asked = readCommand(args);
  const config = readEnvironment(ledgerSettings, source);
  const ledger = openLedger({
    tableName: config.dynamodbTable,
    region: config.awsRegion,
    ...(config.dynamodbEndpoint === null ? {} : { endpoint: config.dynamodbEndpoint }),
  });
  let told = 0;
  const onProblem = (text: string) => {
    told += 1;
    if (told <= MAX_TOLD) write(text);
  };
  try {
    const { calls, items, problems, pending } = await verifyTotals({ ledger, ...asked, onProblem });
    const more = problems > MAX_TOLD ? `, the first ${MAX_TOLD} of them above` : "";
    write(
      `${calls} calls, ${items} totals, ${pending} calls of jobs that have not ended, ${problems} differences${more}`,
    );
    return problems === 0;
  } finally {
    ledger.close();
  }
}

interface Asked {
  tenant?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

function readCommand(args: readonly string[]): Asked {
  const { values, positionals } = parsed(args);
  if (positionals.join(" ") !== "verify") throw new RangeError(USAGE);
  for (const name of ["from", "to"] as const) {
    const day = values[name];
    if (day !== undefined && !isDay(day)) throw new RangeError(`--${name} must be a day such as 2026-01-31`);
  }
  if (values.from !== undefined && values.to !== undefined && values.from > values.to)
    throw new RangeError("--from must not be after --to");
  return values;
}

function parsed(args: readonly string[]) {
  try {
    const text = { type: "string" } as const;
    // pnpm hands a separating "--" on.
    const own = args.filter((argument) => argument !== "--");
    return parseArgs({ args: own, allowPositionals: true, options: { tenant: text, from: text, to: text } });
  } catch (error) {
    throw new RangeError(`${(error as Error).message}\n${USAGE}`);
  }
}

function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}
