import { basename } from "node:path";
import { type Line, readJsonLines } from "../../../bench/src/routing/json-lines.ts";
import { type LabelledRow, labelledRow } from "../../../bench/src/routing/labelled-row.ts";

/** A labelled prompt, and what decides whether and how it may be used. */
export interface TrainingRow extends LabelledRow {
  /** Where it is from, e.g. `clinc/oos-eval timer`; the file's name where the row does not say. */
  readonly source: string;
  /** The source up to its first space: what is left out as a whole to score the rest. */
  readonly group: string;
  readonly isCommercial: boolean;
  /** Written for this project, in `training/prompts`: another eye than that of the sources. */
  readonly isOwn: boolean;
}

export interface TrainingFile {
  readonly name: string;
  /** SHA-256 of the file's text. */
  readonly digest: string;
  readonly rows: readonly TrainingRow[];
}

/** Licences that forbid commercial use, by the parts of their names. */
const RESTRICTED = /(^|[^a-z])nc([^a-z]|$)|non-?commercial|research only/i;

/**
 * Reads labelled files. Whatever is wrong goes to `problems`, with file and line.
 * A row is restricted when it says `"commercial": false` or its licence is one that forbids commercial use.
 */
export function readTrainingFiles(
  paths: readonly string[],
  problems: string[],
  isOwn = false,
): TrainingFile[] {
  return paths.map((path) => {
    const name = basename(path).replace(/\.jsonl(\.gz)?$/, "");
    const file = readJsonLines(path, (line) => trainingRow(line, name, isOwn), problems);
    return { name, digest: file.digests.text, rows: file.rows };
  });
}

function trainingRow(line: Line, fileName: string, isOwn: boolean): TrainingRow {
  const { source, license, commercial } = line.fields;
  const name = typeof source === "string" && source !== "" ? source : fileName;
  const isRestricted = typeof license === "string" && RESTRICTED.test(license);
  if (commercial !== undefined && typeof commercial !== "boolean")
    line.complain("commercial is neither true nor false");
  return {
    ...labelledRow(line),
    source: name,
    group: name.split(" ")[0] as string,
    isCommercial: commercial !== false && !isRestricted,
    isOwn,
  };
}
