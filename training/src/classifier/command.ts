import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Model, readModel } from "../../../services/classifier/src/judge/model.ts";
import { readWrappings } from "./augment.ts";
import { reasonsAgainst } from "./compare.ts";
import { renderCard, withCard } from "./model-card.ts";
import { readTrainingFiles } from "./rows.ts";
import { trainClassifier } from "./train-classifier.ts";

export const TRAINING_USAGE = `usage: npm run train:classifier -- [options]
  --data FILE        labelled prompts as JSON lines, also gzipped; may be given again. The prompts in
                     training/prompts always belong to it
  --held-out FILE    at least 100 labelled prompts that neither model has seen: the candidate must not be worse
                     on them, either
  --seed N           of orders and draws, 0 to 4294967295 (1)
  --out FILE         where the weights go (services/classifier/model/weights.json)
  --card FILE        whose tables are brought up to date (docs/classifier.md)
  --results FILE     where all scores go (training/results/leave-out.json)
  --replace          write the weights even if they are worse than those in place, or were trained on less
  --no-write         only print the scores

Prints what the model says of sources that were left out of its training. Ends with 0 when weights were written, with 1
when they were refused: for being worse than those in place, or for want of rows that those were trained on.`;

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const OWN_PROMPTS = join(ROOT, "training/prompts");
const WRAPPINGS = join(ROOT, "training/wrappings.jsonl");
const INJECTIONS = join(ROOT, "training/injections.jsonl");

/** @returns the process's exit code. @throws RangeError for wrong arguments, Error for wrong files, all at once. */
export function trainFromPrompts(args: readonly string[], print: (line: string) => void): number {
  const given = readOptions(args);
  const problems: string[] = [];
  const ownPaths = readdirSync(OWN_PROMPTS)
    .filter((name) => name.endsWith(".jsonl"))
    .toSorted()
    .map((name) => join(OWN_PROMPTS, name));
  const files = [...readTrainingFiles(given.data, problems), ...readTrainingFiles(ownPaths, problems, true)];
  const heldOut = readTrainingFiles(given.heldOut, problems);
  const wrappings = readWrappings(WRAPPINGS, problems);
  const injections = readWrappings(INJECTIONS, problems);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const card = readFileSync(given.card, "utf8");
  withCard(card, []);
  const trained = trainClassifier({ files, wrappings, injections, seed: given.seed, progress: print });
  const command = commandOf(given);
  const lines = renderCard(trained.results, command);
  for (const line of lines) print(line);
  const against = reasonsAgainst(trained, presentModel(given.out, print), heldOut);
  for (const reason of against) print(`${given.isReplacing ? "replaced although" : "refused"}: ${reason}`);
  if (against.length > 0 && !given.isReplacing) return 1;
  if (!given.isWriting) return 0;
  writeWhole(given.out, trained.text);
  writeWhole(given.results, `${JSON.stringify({ command, ...trained.results }, null, 2)}\n`);
  writeWhole(given.card, withCard(card, lines));
  print(`wrote ${given.out}, ${given.results} and ${given.card}`);
  return 0;
}

/** With files by their names: whoever trains again has them elsewhere. */
function commandOf({ data, seed }: Options): string {
  const words = [
    ...data.flatMap((path) => ["--data", basename(path)]),
    ...(seed === 1 ? [] : ["--seed", `${seed}`]),
  ];
  return ["npm run train:classifier --", ...words].join(" ");
}

/** A file is there as a whole or as it was. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Null where there is none, or none that this code can read: weights for other features are no rival. */
function presentModel(path: string, print: (line: string) => void): Model | null {
  if (!existsSync(path)) return null;
  try {
    return readModel(readFileSync(path, "utf8"), path);
  } catch (error) {
    print(`the weights in place are not compared: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

interface Options {
  data: string[];
  heldOut: string[];
  seed: number;
  out: string;
  card: string;
  results: string;
  isReplacing: boolean;
  isWriting: boolean;
}

function readOptions(args: readonly string[]): Options {
  let values: ReturnType<typeof parse>["values"];
  try {
    values = parse(args).values;
  } catch (error) {
    throw new RangeError(`${error instanceof Error ? error.message : String(error)}\n\n${TRAINING_USAGE}`);
  }
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
    throw new RangeError(
      `--seed must be a whole number from 0 to 4294967295, not ${values.seed}\n\n${TRAINING_USAGE}`,
    );
  return {
    data: values.data,
    heldOut: values["held-out"],
    seed,
    out: values.out,
    card: values.card,
    results: values.results,
    isReplacing: values.replace,
    isWriting: !values["no-write"],
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      data: { type: "string", multiple: true, default: [] },
      "held-out": { type: "string", multiple: true, default: [] },
      seed: { type: "string", default: "1" },
      out: { type: "string", default: join(ROOT, "services/classifier/model/weights.json") },
      card: { type: "string", default: join(ROOT, "docs/classifier.md") },
      results: { type: "string", default: join(ROOT, "training/results/leave-out.json") },
      replace: { type: "boolean", default: false },
      "no-write": { type: "boolean", default: false },
    },
  });
}
