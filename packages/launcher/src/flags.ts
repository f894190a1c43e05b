import { parseArgs } from "node:util";
import { StartFailure } from "./start-failure.ts";

/** What the command line asks for. */
export interface Flags {
  /** Where data is kept between runs; null: nowhere. */
  dataDir: string | null;
  /** Provider keys of the environment may be used, and so money be spent. */
  isLive: boolean;
  /** A process for each service, for the simulated provider and for DynamoDB. */
  isApart: boolean;
  /** null: 8080, or the next one that is free. */
  port: number | null;
  /** Ends after the self-check. */
  isOnce: boolean;
  wantsHelp: boolean;
}

export const HELP = `Usage: npm start -- [flags]

  Starts the whole of Switchyard on this machine, checks it with three jobs, and runs until ctrl-c.

  --data DIR   keep queues, ledger and API key in DIR between runs
  --live       use the provider keys found in the environment; this spends money, the self-check included
  --procs      a process for each service, for the simulated provider and for DynamoDB
  --port N     port of the API (default 8080, or the next one that is free)
  --once       stop after the self-check
  --help       this text

  REDIS_URL, DYNAMODB_ENDPOINT or DYNAMODB_TABLE, and SWITCHYARD_CONFIG point to what is yours.
`;

const OPTIONS = {
  data: { type: "string" },
  live: { type: "boolean" },
  procs: { type: "boolean" },
  port: { type: "string" },
  once: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

/**
 * Reads the command line; `PORT` of the environment counts as `--port`.
 * @throws StartFailure for a flag or value that is not known.
 */
export function readFlags(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Flags {
  const values = parse(args);
  if (values.data?.trim() === "") throw misuse("--data needs the name of a folder.");
  return {
    dataDir: values.data ?? null,
    isLive: values.live ?? false,
    isApart: values.procs ?? false,
    port: portOf(values.port, "--port") ?? portOf(environment["PORT"]?.trim() || undefined, "PORT"),
    isOnce: values.once ?? false,
    wantsHelp: values.help ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: false }).values;
  } catch (error) {
    // The parser's first sentence names the flag; the rest is advice for other programs.
    const [what = "The command line is not understood"] = (error as Error).message.split(/\. |\n/);
    throw misuse(what.endsWith(".") ? what : `${what}.`);
  }
}

function portOf(text: string | undefined, name: string): number | null {
  if (text === undefined) return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw misuse(`${name} must be a whole number from 1 to 65535.`);
  return port;
}

function misuse(what: string): StartFailure {
  return new StartFailure(what, "Run `npm start -- --help` to see the flags.");
}
