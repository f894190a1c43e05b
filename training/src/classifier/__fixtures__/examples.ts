import { type Example, exampleOf } from "../examples.ts";
import type { TrainingRow } from "../rows.ts";

/** A row as it would be read from a file; `label` by its index in JOB_CLASSES. */
export function rowOf(content: string, label: number, more: Partial<TrainingRow> = {}): TrainingRow {
  return {
    prompt: { messages: [{ role: "user", content }] },
    label,
    lengthUnits: content.length,
    sourceGroup: "here",
    language: "en",
    slice: null,
    source: "here",
    group: "here",
    isCommercial: true,
    isOwn: false,
    ...more,
  };
}

export function exampleFrom(content: string, label: number, group: string): Example {
  return exampleOf(rowOf(content, label, { group, source: group }));
}

const SUBJECTS = [
  "river",
  "engine",
  "market",
  "garden",
  "bridge",
  "letter",
  "planet",
  "kitchen",
  "harbour",
  "violin",
];
const WORK = ["Where is the", "What is 12 * 7 plus the price of the", "Prove that every"];

/** Sixty easy rows of one source, twenty of each class. */
export function easySource(group: string): Example[] {
  return Array.from({ length: 60 }, (_, index) => {
    const subject = SUBJECTS[index % SUBJECTS.length] ?? "";
    return exampleFrom(`${WORK[index % 3]} ${subject} ${group} ${index}`, index % 3, group);
  });
}
