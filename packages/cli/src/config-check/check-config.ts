import { outcomeModelsOf } from "@switchyard/classifier";
import { type Catalogue, catalogueWarnings } from "@switchyard/shared/catalogue";
import { baseSettings, readEnvironment } from "@switchyard/shared/config";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { PriceBook } from "@switchyard/shared/pricing";
import { openLedgerFrom, readCatalogue } from "@switchyard/shared/service";
import { CommandFailure } from "../failure.ts";
import type { Context } from "../terminal.ts";
import { modelsText } from "./models-text.ts";
import { replayJobs } from "./replay-jobs.ts";
import { replayText } from "./replay-text.ts";

export interface CheckOptions {
  file?: string | undefined;
  prices?: string | undefined;
  assumeActive?: string | undefined;
  replaySince?: string | undefined;
  tenant?: string | undefined;
}

const fileSettings = {
  catalogueFile: baseSettings.catalogueFile,
  pricesFile: baseSettings.pricesFile,
  activeProviders: baseSettings.activeProviders,
} as const;

/**
 * Tells what is wrong with both files or, where nothing is, who would take jobs and what those of some time would have cost.
 * @throws CommandFailure with every problem, and for options that are wrong; SwitchyardError for the table.
 */
export async function checkConfig(context: Context, options: CheckOptions): Promise<void> {
  const sinceMs = options.replaySince === undefined ? null : lengthOf(options.replaySince);
  if (sinceMs === null && options.tenant !== undefined)
    throw new CommandFailure("--tenant needs --replay-since; see --help");
  const read = readFiles(context, options);
  const catalogue = assumeActive(read.catalogue, options.assumeActive);
  const now = context.now();
  context.write(modelsText({ ...read, catalogue }, { atMs: now, width: context.columns }));
  const warnings = catalogueWarnings(catalogue);
  for (const { message } of warnings) context.write(`! ${message}\n`);
  if (warnings.some(({ code }) => code === "no_active_model") && options.assumeActive === undefined)
    context.write(BESIDE_START);
  if (sinceMs === null) return;
  if (![...catalogue.models.values()].some(({ isActive }) => isActive)) context.write(NOBODY);
  const ledger = openLedgerFrom(context);
  try {
    const period = { sinceMs: now - sinceMs, nowMs: now };
    const onRead = (count: number) => context.writeError(`${count} jobs read\n`);
    const { prices } = read;
    const replayed = await replayJobs({
      ledger,
      catalogue,
      prices,
      ...period,
      tenant: options.tenant,
      onRead,
    });
    context.write(`\n${replayText(replayed, period, context.columns)}`);
  } finally {
    ledger.close();
  }
}

/** `npm start` sets the variable of these two for its own services alone. */
const BESIDE_START = "! beside `npm start`: --assume-active simulated,simulated-bedrock\n";
const NOBODY = "! no model is active, so no job that is replayed finds one, and nothing below is a saving\n";

/** @throws CommandFailure that ends with 1 and tells every problem; with 2 where a file cannot be read. */
function readFiles(
  context: Context,
  { file, prices }: CheckOptions,
): { catalogue: Catalogue; prices: PriceBook } {
  const named = readEnvironment(fileSettings, context);
  const files = { catalogueFile: file ?? named.catalogueFile, pricesFile: prices ?? named.pricesFile };
  for (const path of [files.catalogueFile, files.pricesFile])
    if (path !== null) mustBeReadable(context, path);
  try {
    const read = readCatalogue({ ...named, ...files }, context.environment);
    outcomeModelsOf(read.catalogue);
    return read;
  } catch (error) {
    if (!(error instanceof SwitchyardError)) throw error;
    throw new CommandFailure(error.message, 1, { cause: error });
  }
}

function mustBeReadable({ readFile }: Context, path: string): void {
  try {
    readFile(path);
  } catch (error) {
    throw new CommandFailure(`cannot read ${path}: ${(error as Error).message}`, 2, { cause: error });
  }
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
/** As many days of the totals are asked for their tenants. */
const MAX_DAYS = 366;

function lengthOf(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms > 0 && ms <= MAX_DAYS * 86_400_000) return ms;
  throw new CommandFailure(`--replay-since must be such as 90m, 24h or 7d, and at most ${MAX_DAYS}d`);
}

/** The catalogue as it is where the variables of these providers are set. */
function assumeActive(catalogue: Catalogue, ids: string | undefined): Catalogue {
  if (ids === undefined) return catalogue;
  const named = ids === "all" ? [...catalogue.providers.keys()] : ids.split(",");
  const unknown = named.filter((id) => !catalogue.providers.has(id));
  if (unknown.length > 0) {
    const known = [...catalogue.providers.keys()].join(", ");
    throw new CommandFailure(`--assume-active: no provider ${unknown.join(", ")}; there are ${known}`);
  }
  const models = [...catalogue.models.values()].map((model) =>
    named.includes(model.providerId) ? { ...model, isActive: true, inactiveBecause: null } : model,
  );
  return { ...catalogue, models: new Map(models.map((model) => [model.id, model])) };
}
