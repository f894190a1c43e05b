import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { baseSettings, type EnvironmentSource, readEnvironment } from "@switchyard/shared/config";
import { type Ledger, openLedger } from "@switchyard/shared/ledger";
import { readCatalogue } from "@switchyard/shared/service";
import { localJudge } from "../../../services/classifier/src/judge/judge.ts";
import { outcomeModelsOf } from "../../../services/classifier/src/outcome/read-outcome-model.ts";
import type { Placer } from "../../../services/classifier/src/place.ts";
import { type Example, exampleOf } from "./example.ts";
import { ratedAnswers } from "./rated-answers.ts";
import { type Read, renderReport } from "./render-report.ts";
import { train } from "./train.ts";

export const FEEDBACK_USAGE = `usage: npm run train:classifier -- --from-feedback [options]
  --tenant NAME      only jobs of this tenant; without it those of all
  --good-from SCORE  the least score of a good answer, above 0 and at most 1 (0.5)
  --limit N          the most rated jobs that are read, 1 to 1000000 (50000)
  --seed N           of the split and the resamples, 0 to 4294967295 (1)
  --out FOLDER       where a candidate is written (candidates)

Reads DYNAMODB_ENDPOINT, DYNAMODB_TABLE, AWS_REGION, SWITCHYARD_CONFIG, SWITCHYARD_PRICES and the variables of the
providers, as the services do. Ends with 0 when a candidate was written, with 1 when it was refused, with 2 for any error.`;

const settings = {
  dynamodbEndpoint: baseSettings.dynamodbEndpoint,
  awsRegion: baseSettings.awsRegion,
  dynamodbTable: baseSettings.dynamodbTable,
  catalogueFile: baseSettings.catalogueFile,
  activeProviders: baseSettings.activeProviders,
  pricesFile: baseSettings.pricesFile,
} as const;

interface Options {
  tenant: string | null;
  goodFrom: number;
  limit: number;
  seed: number;
  out: string;
}

/**
 * Trains an outcome model on the feedback in the table, and writes it only if it is better than the current routing.
 * @returns the report, and the files that were written; none when the candidate was refused.
 * @throws RangeError for arguments that are wrong, SwitchyardError for settings, the catalogue and the table.
 */
export async function trainFromFeedback(
  args: readonly string[],
  source: EnvironmentSource,
): Promise<{ report: string; written: string[] }> {
  const options = readOptions(args);
  const config = readEnvironment(settings, source);
  const { catalogue, prices } = readCatalogue(config, source.environment);
  const decider: Placer = { catalogue, prices, judge: localJudge(), ...outcomeModelsOf(catalogue) };
  const ledger = openLedger({
    tableName: config.dynamodbTable,
    region: config.awsRegion,
    ...(config.dynamodbEndpoint === null ? {} : { endpoint: config.dynamodbEndpoint }),
  });
  let gathered: Gathered;
  try {
    gathered = await gather(ledger, decider, options);
  } finally {
    ledger.close();
  }
  const trained = train(gathered.examples, options);
  const report = renderReport(trained, gathered);
  if (trained.candidate === null) return { report, written: [] };
  const { version, text } = trained.candidate;
  mkdirSync(options.out, { recursive: true });
  const written = [join(options.out, `${version}.json`), join(options.out, `${version}.md`)];
  writeFileSync(written[0] as string, text);
  writeFileSync(written[1] as string, report);
  return { report, written };
}

interface Gathered extends Read {
  examples: Example[];
}

async function gather(ledger: Ledger, decider: Placer, options: Options): Promise<Gathered> {
  const examples: Example[] = [];
  const passedOver: Record<string, number> = {};
  const passOver = (why: string) => {
    passedOver[why] = (passedOver[why] ?? 0) + 1;
  };
  const tenants = new Map<string, number>();
  let read = 0;
  for await (const answer of ratedAnswers(ledger, options)) {
    read += 1;
    if (typeof answer === "string") {
      passOver(answer);
      continue;
    }
    const example = await exampleOf(decider, answer, options.goodFrom);
    if (typeof example === "string") passOver(example);
    else {
      examples.push(example);
      tenants.set(answer.tenant, (tenants.get(answer.tenant) ?? 0) + 1);
    }
  }
  return { examples, passedOver, tenants, isCut: read === options.limit };
}

function readOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  let values: Record<string, string | boolean | undefined>;
  try {
    const options = {
      "from-feedback": { type: "boolean" },
      tenant: text,
      "good-from": text,
      limit: text,
    } as const;
    ({ values } = parseArgs({ args: [...args], options: { ...options, seed: text, out: text } }));
  } catch (error) {
    throw new RangeError(`${(error as Error).message}\n${FEEDBACK_USAGE}`);
  }
  const goodFrom = numberIn(values, "good-from", { least: Number.MIN_VALUE, most: 1, otherwise: 0.5 });
  return {
    tenant: (values["tenant"] as string | undefined) ?? null,
    goodFrom,
    limit: wholeIn(values, "limit", { least: 1, most: 1_000_000, otherwise: 50_000 }),
    seed: wholeIn(values, "seed", { least: 0, most: 2 ** 32 - 1, otherwise: 1 }),
    out: (values["out"] as string | undefined) ?? "candidates",
  };
}

interface Range {
  least: number;
  most: number;
  otherwise: number;
}

function numberIn(values: Record<string, unknown>, name: string, { least, most, otherwise }: Range): number {
  const given = values[name];
  if (given === undefined) return otherwise;
  const value = /^\d+(\.\d+)?$/.test(String(given)) ? Number(given) : Number.NaN;
  if (!(value >= least && value <= most))
    throw new RangeError(`--${name} is out of range\n${FEEDBACK_USAGE}`);
  return value;
}

function wholeIn(values: Record<string, unknown>, name: string, range: Range): number {
  const value = numberIn(values, name, range);
  if (!Number.isInteger(value)) throw new RangeError(`--${name} must be a whole number\n${FEEDBACK_USAGE}`);
  return value;
}
