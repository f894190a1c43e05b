import { basename } from "node:path";
import { parseArgs } from "node:util";
import type { Catalogue } from "@switchyard/shared/catalogue";
import type { Ledger } from "@switchyard/shared/ledger";
import { isDay } from "../day.ts";
import { fileLines } from "../spill/file-lines.ts";
import { driftsOf } from "./drift.ts";
import { FORMATS, type Format } from "./formats.ts";
import { type ReconcileOptions, reconcile } from "./reconcile.ts";
import { isAlike, renderJson, renderText } from "./report.ts";

export const RECONCILE_USAGE = `  ledger reconcile <file> --format ${Object.keys(FORMATS).join("|")} [--provider openai,…] [--key <id>] [--model <name>=<model>]
                   [--from 2026-01-01] [--to 2026-01-31] [--settle] [--json]`;

/** Beyond so many doubts only their number is told. */
const MAX_TOLD = 100;

/**
 * Compares a file with the ledger and answers whether they say the same.
 * @throws RangeError for arguments that are wrong, and with every doubt about the file; SwitchyardError for the table.
 */
export async function manageReconcile(
  args: readonly string[],
  { ledger, catalogue }: { ledger: Ledger; catalogue: Catalogue },
  write: (line: string) => void,
): Promise<boolean> {
  const { path, isJson, ...given } = readCommand(args, catalogue);
  const problems: string[] = [];
  let more = 0;
  const onProblem = (text: string) => {
    if (problems.length < MAX_TOLD) problems.push(text);
    else more += 1;
  };
  const models = [...catalogue.models.values()];
  const lines = fileLines(path);
  const found = await reconcile({ ledger, lines, file: basename(path), models, onProblem, ...given });
  if (found === null) {
    const rest = more > 0 ? [`and ${more} more`] : [];
    throw new RangeError([`${path}: nothing is compared or written`, ...problems, ...rest].join("\n"));
  }
  // The calls of one key of the provider are not told apart from the others: what differs then says nothing of drift.
  if (given.owner === undefined) await Promise.all(driftsOf(found, ledger.now()).map(ledger.drifts.note));
  for (const line of isJson ? [JSON.stringify(renderJson(found), null, 2)] : renderText(found)) write(line);
  return isAlike(found);
}

type Given = { path: string; isJson: boolean } & Pick<
  ReconcileOptions,
  "format" | "providers" | "owner" | "from" | "to" | "named" | "isSettling"
>;

function readCommand(args: readonly string[], catalogue: Catalogue): Given {
  const { values, positionals } = parsed(args);
  const [path, ...others] = positionals;
  if (path === undefined || others.length > 0 || values.format === undefined)
    throw new RangeError(`usage:\n${RECONCILE_USAGE}`);
  const format = formatNamed(values.format);
  const { from, to, key: owner } = values;
  for (const [name, day] of Object.entries({ from, to })) {
    if (day !== undefined && !isDay(day)) throw new RangeError(`--${name} must be a day such as 2026-01-31`);
  }
  if (from !== undefined && to !== undefined && from > to)
    throw new RangeError("--from must not be after --to");
  if (owner !== undefined && !format.hasOwners) throw new RangeError("no line says which key it is of");
  if (values.settle === true && !format.isPerCall)
    throw new RangeError("a file without a line for each call settles none");
  const providers = values.provider?.split(",") ?? format.providers;
  const unknown = values.provider === undefined ? [] : providers.filter((id) => !catalogue.providers.has(id));
  if (unknown.length > 0) throw new RangeError(`the catalogue has no provider ${unknown.join(", ")}`);
  const named = namesIn(values.model ?? [], catalogue);
  const isSettling = values.settle === true;
  return { path, isJson: values.json === true, format, providers, owner, from, to, named, isSettling };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    ...{ format: text, provider: text, key: text, from: text, to: text, settle: flag, json: flag },
    model: { type: "string", multiple: true },
  } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new RangeError(`${(error as Error).message}\nusage:\n${RECONCILE_USAGE}`);
  }
}

function formatNamed(id: string): Format & { id: string } {
  const format = Object.hasOwn(FORMATS, id) ? FORMATS[id] : undefined;
  if (format === undefined)
    throw new RangeError(`--format must be one of ${Object.keys(FORMATS).join(", ")}`);
  return { ...format, id };
}

function namesIn(pairs: readonly string[], { models }: Catalogue): Map<string, string> {
  return new Map(
    pairs.map((pair) => {
      const at = pair.lastIndexOf("=");
      const modelId = pair.slice(at + 1);
      if (at < 1 || !models.has(modelId))
        throw new RangeError(`--model must be a name, "=" and a model of the catalogue, not ${pair}`);
      return [pair.slice(0, at), modelId];
    }),
  );
}
