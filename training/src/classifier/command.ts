import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { readModel } from "../../../services/classifier/src/judge/model.ts";
import { readWrappings } from "./augment.ts";
import { reasonsAgainst } from "./compare.ts";
import { renderCard, withCard } from "./model-card.ts";
import { readTrainingFiles } from "./rows.ts";
import { trainClassifier } from "./train-classifier.ts";

export const TRAINING_USAGE = `usage: npm run train:classifier -- [options]
  --data FILE        labelled prompts as JSON lines, also gzipped; may be given again. The prompts in
                     training/prompts always belong to it
  --held-out FILE    labelled prompts that neither model has seen: the candidate must not be worse on them
  --seed N           of orders and draws, 0 to 4294967295 (1)
  --out FILE         where the weights go (services/classifier/model/weights.json)
  --card FILE        whose tables are brought up to date (docs/classifier.md)
  --results FILE     where all scores go (training/results/leave-out.json)
  --replace          write the weights even if they are worse than those in place
  --no-write         only print the scores

Prints what the model says of sources that were left out of its training. Ends with 0 when weights were written, with 1
when they were refused for being worse than those in place.`;

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
  const trained = trainClassifier({ files, wrappings, injections, seed: given.seed, progress: print });
  // Files by their names: whoever trains again has them elsewhere.
  const command = `npm run train:classifier -- ${args.map((word) => basename(word)).join(" ")}`.trim();
  for (const line of renderCard(trained.results, command)) print(line);
  const present = existsSync(given.out) ? readModel(readFileSync(given.out, "utf8"), given.out) : null;
  const against = reasonsAgainst(
    trained,
    present,
    heldOut.flatMap(({ rows }) => rows),
  );
  for (const reason of against) print(`refused: ${reason}`);
  if (against.length > 0 && !given.isReplacing) return 1;
  if (!given.isWriting) return 0;
  writeFileSync(given.out, trained.text);
  writeFileSync(given.results, `${JSON.stringify({ command, ...trained.results }, null, 2)}\n`);
  writeFileSync(given.card, withCard(readFileSync(given.card, "utf8"), renderCard(trained.results, command)));
  print(`wrote ${given.out}, ${given.results} and ${given.card}`);
  return 0;
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
