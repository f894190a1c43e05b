import type { Told } from "./stated.ts";

/** A row of a table with a header. */
export interface TableRow {
  /** Where it begins in the file, counted from 1. */
  line: number;
  /** The cell of a column; empty where the table has no such column. */
  cell: (column: string) => string;
}

export interface Columns {
  required: readonly string[];
  /** Makes the names of a header those that are asked for. */
  rename?: (name: string) => string;
}

/** A quote that is never closed would otherwise gather the rest of the file. */
const MAX_ROW_LENGTH = 1_000_000;
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",]*))(,|$)/y;

/**
 * Reads a CSV table of RFC 4180 from the lines of a file, one row at a time. It is our own since what it must not do is half of it:
 * a row with more or fewer cells than the header, or a stray quote, is told and never mended by a guess.
 */
export async function* readTable(
  lines: AsyncIterable<string>,
  { required, rename = (name) => name }: Columns,
  told: Told,
): AsyncGenerator<TableRow> {
  let header: Map<string, number> | null = null;
  for await (const { line, text } of rowsIn(lines, told)) {
    const cells = cellsOf(text);
    if (cells === null) told.problem(line, "has a quote inside of a field");
    else if (header === null) {
      header = headerOf(cells, rename);
      const missing = required.filter((name) => header?.has(name) !== true);
      for (const name of missing) told.problem(line, `has no column ${name}`);
      if (missing.length > 0) return;
    } else if (cells.length !== header.size) {
      told.problem(line, `has ${cells.length} fields, the header ${header.size}`);
    } else {
      const names = header;
      yield { line, cell: (column) => cells[names.get(column) ?? -1] ?? "" };
    }
  }
}

/** Lines that belong together, because a field within quotes goes over their ends. */
async function* rowsIn(
  lines: AsyncIterable<string>,
  told: Told,
): AsyncGenerator<{ line: number; text: string }> {
  let line = 0;
  let open: { line: number; text: string } | null = null;
  for await (const own of lines) {
    line += 1;
    const isTurn = own.split('"').length % 2 === 0;
    if (open === null && own === "") continue;
    const row: { line: number; text: string } =
      open === null ? { line, text: own } : { line: open.line, text: `${open.text}\n${own}` };
    if (row.text.length > MAX_ROW_LENGTH) {
      told.problem(row.line, "has a quote that is not closed");
      return;
    }
    const isOpen: boolean = (open !== null) !== isTurn;
    open = isOpen ? row : null;
    if (!isOpen) yield row;
  }
  if (open !== null) told.problem(open.line, "has a quote that is not closed");
}

function cellsOf(text: string): string[] | null {
  if (!text.includes('"')) return text.split(",");
  const cells: string[] = [];
  CELL.lastIndex = 0;
  for (;;) {
    const match = CELL.exec(text);
    if (match === null) return null;
    const [, quoted, plain = "", end] = match;
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === "") return cells;
  }
}

/** A name that comes twice keeps a place of its own, so that the count of fields holds. */
function headerOf(cells: readonly string[], rename: (name: string) => string): Map<string, number> {
  const header = new Map<string, number>();
  for (const [index, cell] of cells.entries()) {
    const name = rename(cell.trim());
    header.set(header.has(name) ? `${name} (${index + 1})` : name, index);
  }
  return header;
}
