import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

/** A line as an object, and a way to complain about it; a line complained about gives no row. */
export interface Line {
  readonly fields: Readonly<Record<string, unknown>>;
  complain(problem: string): void;
}

/** A file of JSON lines, read. */
export interface JsonLines<Row> {
  /** Without its folder. */
  readonly name: string;
  /** SHA-256 of the file as it is, and of its text: the same unless it is compressed. */
  readonly digests: { readonly file: string; readonly text: string };
  readonly rows: readonly Row[];
}

/**
 * Reads a file, also a gzipped one. Nothing is thrown: whatever is wrong goes to `problems`, with file and line and
 * without the text of the line, which may be anybody's prompt.
 */
export function readJsonLines<Row>(
  path: string,
  rowOf: (line: Line) => Row,
  problems: string[],
): JsonLines<Row> {
  const { bytes, text } = readText(path, problems);
  const rows: Row[] = [];
  const before = problems.length;
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const complaints: string[] = [];
    const complain = (problem: string) => complaints.push(`${path}:${index + 1}: ${problem}`);
    const fields = parseFields(line, complain);
    const row = fields === null ? null : rowOf({ fields, complain });
    if (row !== null && complaints.length === 0) rows.push(row);
    problems.push(...complaints);
  }
  if (rows.length === 0 && problems.length === before && bytes !== null)
    problems.push(`${path}: holds no rows`);
  const digests = { file: sha256(bytes ?? ""), text: sha256(text) };
  return { name: basename(path), digests, rows };
}

function readText(path: string, problems: string[]): { bytes: Buffer | null; text: string } {
  try {
    const bytes = readFileSync(path);
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return { bytes, text: (isGzip ? gunzipSync(bytes) : bytes).toString("utf8") };
  } catch (error) {
    problems.push(`${path}: cannot be read (${error instanceof Error ? error.message : String(error)})`);
    return { bytes: null, text: "" };
  }
}

function parseFields(line: string, complain: (problem: string) => void): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>;
    }
    complain("is no JSON object");
  } catch {
    const isPython = /[:,[]\s*-?(NaN|Infinity)\b/.test(line);
    complain(isPython ? "is not JSON: NaN and Infinity are no JSON numbers" : "is not JSON");
  }
  return null;
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
