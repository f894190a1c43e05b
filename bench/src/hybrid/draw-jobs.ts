import { readdirSync } from "node:fs";
import { JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
import { permutation, uniforms } from "../random.ts";
import { readJsonLines } from "../routing/json-lines.ts";
import { type LabelledRow, labelledRow } from "../routing/labelled-row.ts";
import { shippedSubject } from "../routing/subject.ts";

/** A prompt that is to be submitted, and the class that a person gave it. */
export interface DrawnJob {
  readonly input: string;
  readonly label: JobClass;
  /** Its file is one that the weights name. One that has changed since is not, though most of its rows were learnt. */
  readonly isTrainedOn: boolean;
}

/** A row of a prompts file. */
export interface PromptRow extends LabelledRow {
  readonly isTrainedOn: boolean;
}

const PROMPTS = new URL("../../../training/prompts/", import.meta.url);
/** Text written to deceive a judge, and conversations, which a job has as messages. */
const LEFT_OUT: ReadonlySet<string | null> = new Set(["injection", "multi_turn"]);

/** So many of the training prompts, none twice; the same for the same seed and files. @throws Error on a bad file. */
export function drawJobs(count: number, seed: number): DrawnJob[] {
  const problems: string[] = [];
  const known = new Set(shippedSubject().trainedOn);
  const rows = readdirSync(PROMPTS)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .flatMap((name) => {
      const file = readJsonLines(new URL(name, PROMPTS).pathname, labelledRow, problems);
      return file.rows.map((row) => ({ ...row, isTrainedOn: known.has(file.digests.text) }));
    });
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return drawn(rows, { count, seed });
}

export function drawn(
  rows: readonly PromptRow[],
  { count, seed }: { count: number; seed: number },
): DrawnJob[] {
  const jobs = new Map<string, DrawnJob>();
  for (const { prompt, label, slice, isTrainedOn } of rows) {
    const [message, ...more] = prompt.messages;
    const name = JOB_CLASSES[label];
    if (message === undefined || more.length > 0 || name === undefined || LEFT_OUT.has(slice)) continue;
    jobs.set(message.content, { input: message.content, label: name, isTrainedOn });
  }
  if (jobs.size < count) throw new Error(`there are ${jobs.size} prompts for ${count} jobs`);
  const all = [...jobs.values()];
  return [...permutation(all.length, uniforms(seed)).subarray(0, count)].map(
    (index) => all[index] as DrawnJob,
  );
}
