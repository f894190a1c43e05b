import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isDay } from "./day.ts";
import { importPrices } from "./prices/import-prices.ts";

/** What it can be asked. */
export const PRICES_USAGE = `usage:
  prices import <file> [--write] [--sha256 <digest>] [--from 2026-08-01] [--only openai,bedrock] [--book prices.json]

Shows what the price book would become with the prices of a model_prices_and_context_window.json; with --write it is
written. Prices that change do so on the day of --from, today unless it is given. With --sha256 the file must be that one.
The book is the one that SWITCHYARD_PRICES names, else the prices.json that is shipped.`;

const SHIPPED = fileURLToPath(new URL("../../../prices.json", import.meta.url));

interface Given {
  file: string;
  book: string;
  from: string;
  sha256: string | undefined;
  only: string[] | null;
  isWritten: boolean;
}

/**
 * Imports prices into the price book, or shows what that would change. On any doubt nothing is written.
 * @returns the lines to print.
 * @throws RangeError for arguments that are wrong, and with every doubt about the file; SwitchyardError for the book.
 */
export function managePrices(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): string[] {
  const given = readCommand(args, environment, nowMs);
  const map = readText(given.file);
  const sha256 = createHash("sha256").update(map).digest("hex");
  if (given.sha256 !== undefined && given.sha256.toLowerCase() !== sha256)
    throw new RangeError(`${given.file} has the digest ${sha256}, which is not the one that was given`);
  const name = basename(given.file);
  const { report, text } = importPrices({
    ...{ map: map.toString("utf8"), book: readText(given.book).toString("utf8"), only: given.only },
    bookName: basename(given.book),
    source: { key: `import-${sha256.slice(0, 12)}`, title: name, sha256, from: given.from },
  });
  const head = `${name}, SHA-256 ${sha256}`;
  if (text === null) return [head, ...report, "nothing changes"];
  if (!given.isWritten) return [head, ...report, "nothing is written; --write writes it"];
  replaceFile(given.book, text);
  return [head, ...report, `${given.book} is written; services read it when they start`];
}

function readCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  nowMs: number,
): Given {
  const { values, positionals } = parsed(args);
  const [verb, file, ...others] = positionals;
  if (verb !== "import" || file === undefined || others.length > 0) throw new RangeError(PRICES_USAGE);
  const from = values.from ?? new Date(nowMs).toISOString().slice(0, 10);
  if (!isDay(from)) throw new RangeError("--from must be a day such as 2026-08-01");
  const { sha256 } = values;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256))
    throw new RangeError("--sha256 must be 64 hexadecimal digits");
  return {
    ...{ file, from, sha256 },
    book: values.book ?? environment["SWITCHYARD_PRICES"] ?? SHIPPED,
    only: values.only === undefined ? null : values.only.split(","),
    isWritten: values.write === true,
  };
}

function parsed(args: readonly string[]) {
  const text = { type: "string" } as const;
  const options = { write: { type: "boolean" }, sha256: text, from: text, only: text, book: text } as const;
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new RangeError(`${(error as Error).message}\n${PRICES_USAGE}`);
  }
}

function readText(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new RangeError(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** Whole or not at all: a process that starts meanwhile reads the old book or the new one. */
function replaceFile(path: string, text: string): void {
  const beside = `${path}.new`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}
