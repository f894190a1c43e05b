import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { baseSettings, type EnvironmentSource, readEnvironment } from "@switchyard/shared/config";
import type { Ledger } from "@switchyard/shared/ledger";
import { formatUsd, readPriceBook } from "@switchyard/shared/pricing";
import { openLedgerFrom, readCatalogue } from "@switchyard/shared/service";
import { isDay } from "./day.ts";
import { manageReconcile, RECONCILE_USAGE } from "./reconcile/manage-reconcile.ts";
import { reprice } from "./reprice/reprice.ts";
import { savingLines } from "./savings/saving-lines.ts";
import { verifyTotals } from "./verify/verify-totals.ts";

/** What it can be asked. */
export const LEDGER_USAGE = `usage:
  ledger verify [--tenant <tenant>] [--from 2026-01-01] [--to 2026-01-31]
  ledger savings [--tenant <tenant>] [--from 2026-01-01] [--to 2026-01-31]
  ledger reprice [--write] [--measured] [--tenant <tenant>] [--from 2026-01-01] [--to 2026-01-31]
${RECONCILE_USAGE}

verify recomputes every total from the rows of calls and tells what differs. It reads the whole table twice.
savings compares what routed jobs cost with those that were held out at random, of the last 30 days unless told. It reads a row for
each job that was created then.
reprice prices calls that had no price by the present price book, at the price of the time at which they began, and tells what
that changes; with --write it is written, as rows beside those of the calls. With --measured calls that had a price are priced
again, too. It reads the whole table once, and the book that SWITCHYARD_PRICES names, else the one that is shipped.
reconcile compares what a provider says that it billed with the rows of calls, and keeps the difference of each model for the metrics.
Days are those of the file unless given. --key takes the lines of one key, project or account alone; --model says which of our models
a name in the file means. --settle settles calls of unknown outcome that a line names. A file that ends in .gz is unpacked.
Days are of UTC, both inclusive. Reads DYNAMODB_ENDPOINT, DYNAMODB_TABLE and AWS_REGION, as the services do.`;

const SHIPPED = fileURLToPath(new URL("../../../prices.json", import.meta.url));

/** Beyond so many lines about single rows only their number is told. */
const MAX_TOLD = 100;

type Write = (line: string) => void;

interface Command {
  ledger: Ledger;
  asked: Asked;
  readBook: () => ReturnType<typeof readPriceBook>;
  catalogueOf: () => ReturnType<typeof readCatalogue>["catalogue"];
  write: Write;
}

const COMMANDS: Readonly<Record<string, (command: Command) => Promise<boolean>>> = {
  verify,
  savings,
  reprice: priceAgain,
};

/**
 * Answers true when all is well: of `verify` that the totals are the sum of the rows, of `reconcile` that a
 * provider's file says what they do.
 * @param write takes each line to print, as soon as it is known.
 * @throws RangeError for arguments that are wrong, SwitchyardError for settings, the price book and the table.
 */
export async function manageLedger(
  args: readonly string[],
  source: EnvironmentSource,
  write: Write,
): Promise<boolean> {
  const { run, asked } = readCommand(args);
  const { pricesFile, catalogueFile } = baseSettings;
  const config = readEnvironment({ pricesFile, catalogueFile }, source);
  const bookFile = config.pricesFile ?? SHIPPED;
  const ledger = openLedgerFrom(source);
  try {
    const readBook = () => readPriceBook(source.readFile(bookFile), bookFile);
    const catalogueOf = () => readCatalogue(config, source.environment).catalogue;
    return await run({ ledger, asked, readBook, catalogueOf, write });
  } finally {
    ledger.close();
  }
}

async function verify({ ledger, asked: { tenant, from, to }, write }: Command): Promise<boolean> {
  const told = atMost(write);
  const onProblem = told.write;
  const { calls, items, problems, pending } = await verifyTotals({ ledger, tenant, from, to, onProblem });
  write(
    `${calls} calls, ${items} totals, ${pending} calls not counted yet, ${problems} differences${told.more()}`,
  );
  return problems === 0;
}

async function savings({ ledger, asked: { tenant, from, to }, write }: Command): Promise<boolean> {
  for (const line of await savingLines(ledger, { tenant, from, to })) write(line);
  return true;
}

async function priceAgain({ ledger, asked, readBook, write }: Command): Promise<boolean> {
  const { tenant, from, to, measured: isForMeasured = false, write: isWritten = false } = asked;
  const told = atMost(write);
  const done = await reprice({
    ...{ ledger, prices: readBook(), isForMeasured, isWritten, tenant, from, to, tell: told.write },
  });
  const finished = done.finished === 0 ? "" : `, ${done.finished} adjustments of an earlier run completed`;
  write(
    `${done.calls} calls, ${done.adjusted} adjusted${finished}, ${done.unpriced} still without a price, ` +
      `${done.waiting} of jobs that have not ended, ${done.broken} rows cannot be read${told.more()}`,
  );
  for (const [priceId, picoUsd] of done.changes)
    write(`${priceId}: ${picoUsd > 0n ? "+" : ""}${formatUsd(picoUsd)} USD`);
  if (!isWritten && done.adjusted + done.finished > 0) write("nothing is written; --write writes it");
  return done.broken === 0;
}

/** Writes the first lines and counts the others. */
function atMost(write: Write) {
  let told = 0;
  return {
    write(line: string) {
      told += 1;
      if (told <= MAX_TOLD) write(line);
    },
    more: () => (told > MAX_TOLD ? `, the first ${MAX_TOLD} of them above` : ""),
  };
}

interface Asked {
  tenant?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
  measured?: boolean | undefined;
  write?: boolean | undefined;
}

function readCommand(args: readonly string[]): { run: (command: Command) => Promise<boolean>; asked: Asked } {
  // pnpm hands a separating "--" on.
  const own = args.filter((argument) => argument !== "--");
  if (own[0] === "reconcile") {
    const run = ({ ledger, catalogueOf, write }: Command) =>
      manageReconcile(own.slice(1), { ledger, catalogue: catalogueOf() }, write);
    return { run, asked: {} };
  }
  const { values, positionals } = parsed(own);
  const name = positionals.join(" ");
  const run = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  const isForReprice = values.measured === true || values.write === true;
  if (run === undefined || (isForReprice && name !== "reprice")) throw new RangeError(LEDGER_USAGE);
  for (const bound of ["from", "to"] as const) {
    const day = values[bound];
    if (day !== undefined && !isDay(day)) throw new RangeError(`--${bound} must be a day such as 2026-01-31`);
  }
  if (values.from !== undefined && values.to !== undefined && values.from > values.to)
    throw new RangeError("--from must not be after --to");
  return { run, asked: values };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = { tenant: text, from: text, to: text, measured: flag, write: flag } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new RangeError(`${(error as Error).message}\n${LEDGER_USAGE}`);
  }
}
