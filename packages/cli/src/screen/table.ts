/** How the cells of a column stand: at the left, at the right, or with their decimal points in one line. */
export interface Column {
  name: string;
  align?: "left" | "right" | "decimal";
}

const GAP = "  ";

/**
 * Rows in columns under their names; where a line would be wider than it may be, each row as a block of named lines.
 * What is in a cell may be any caller's word, so nothing in it reaches the terminal as a command or a line of its own.
 * @param width null: as wide as it takes.
 */
export function renderTable(
  columns: readonly Column[],
  given: readonly (readonly string[])[],
  width: number | null,
): string {
  const rows = given.map((row) => row.map(visible));
  const laid = columns.map((column, index) =>
    layOut(
      column,
      rows.map((row) => row[index] ?? ""),
    ),
  );
  const lines = [-1, ...rows.keys()].map((row) =>
    laid
      .map((cells) => cells[row + 1])
      .join(GAP)
      .trimEnd(),
  );
  const isTooWide = width !== null && lines.some((line) => line.length > width);
  return `${(isTooWide ? blocks(columns, rows) : lines).join("\n")}\n`;
}

/** Control characters, ends of lines, and what turns the direction of text. */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

function visible(cell: string): string {
  return cell.replace(UNSEEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The name and the cells of one column, all of one width. */
function layOut({ name, align = "left" }: Column, cells: readonly string[]): string[] {
  const even = align === "decimal" ? pointed(cells) : cells;
  const width = Math.max(name.length, ...even.map((cell) => cell.length));
  const place = (cell: string) => (align === "left" ? cell.padEnd(width) : cell.padStart(width));
  return [name, ...even].map(place);
}

/** Whole amounts and fractions get room behind them, so that the points of all stand above each other. */
function pointed(cells: readonly string[]): string[] {
  const behind = (cell: string) => (cell.includes(".") ? cell.length - cell.indexOf(".") : 0);
  const most = Math.max(0, ...cells.map(behind));
  return cells.map((cell) => cell + " ".repeat(most - behind(cell)));
}

function blocks(columns: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...columns.map(({ name }) => name.length));
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : [""]),
    ...columns.flatMap(({ name }, column) => {
      const cell = row[column] ?? "";
      return cell === "" ? [] : [`${name.padEnd(width)}${GAP}${cell}`];
    }),
  ]);
}
