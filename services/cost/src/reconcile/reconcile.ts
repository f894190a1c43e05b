import type { Model } from "@switchyard/shared/catalogue";
import type { AttemptRow, Ledger } from "@switchyard/shared/ledger";
import { openSpill, type Spill } from "../spill/spill.ts";
import type { Format } from "./formats.ts";
import { addCall, emptyGroup, type Group } from "./groups.ts";
import { nameOfCall, ownCallOf, ownCalls } from "./own-calls.ts";
import { addGroup, emptyReconciliation, type Reconciliation } from "./report.ts";
import { countSettled, type SettleOutcome, settleUnknown } from "./settle-unknown.ts";
import { groupsIn, type Spilled, writerOn } from "./spilled.ts";

export interface ReconcileOptions {
  ledger: Pick<Ledger, "audit" | "jobs" | "attempts" | "totals" | "now">;
  /** The lines of the file. */
  lines: AsyncIterable<string>;
  file: string;
  format: Format & { id: string };
  /** Whose calls are compared. */
  providers: readonly string[];
  /** The key, project or account whose lines are ours; absent: all. */
  owner?: string | undefined;
  /** UTC days, both inclusive; absent: the first and the last of the file. */
  from?: string | undefined;
  to?: string | undefined;
  models: readonly Pick<Model, "id" | "providerId" | "providerModel">[];
  /** Our model for a name in the file that does not tell it. */
  named: ReadonlyMap<string, string>;
  /** Settles calls of unknown outcome that a line names. */
  isSettling: boolean;
  /** A doubt; with one nothing is compared or written. */
  onProblem: (text: string) => void;
}

const OUTSIDE = "of days that are not asked for";
/** So many calls are settled at once. */
const SETTLED_AT_ONCE = 16;

/**
 * Compares a provider's file with the ledger: call by call where the file has a line for each, else the sums of each day and
 * model. The file is read first, whole, and lies on disk in parts as the calls do, so that memory holds one part of either.
 * @returns null when there was a doubt.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation | null> {
  const spill = await openSpill();
  try {
    const names = namesOf(options);
    const stated = await keepLines(options, spill, names);
    const problems = stated.problems + (await keepCalls(options, spill, { ...stated, ...names }));
    if (problems > 0) return null;
    const about = { format: options.format.id, file: options.file, providers: options.providers };
    const { from, to, leftOut } = stated;
    const isPeriodGiven = options.from !== undefined && options.to !== undefined;
    const reconciliation = emptyReconciliation({ ...about, from, to, isPeriodGiven, leftOut });
    for await (const groups of groupsIn(spill)) {
      const compared = groups.filter(({ isInPeriod }) => isInPeriod);
      for (const { lines } of groups.filter(({ isInPeriod }) => !isInPeriod))
        leaveOut(leftOut, OUTSIDE, lines);
      await settled(options, reconciliation, { groups: compared, names });
      for (const group of compared) addGroup(reconciliation, group, modelOf(group, names));
    }
    return reconciliation;
  } finally {
    await spill.remove();
  }
}

interface Names {
  /** What a name of the file and one of the provider have in common. */
  common: (statedModel: string) => string;
  /** The same of one of our models. */
  ofModel: (modelId: string) => string;
  /** Our models by it, in order. */
  models: Map<string, string[]>;
}

function namesOf({ format, models, named, providers }: ReconcileOptions): Names {
  const byId = new Map(models.map((model) => [model.id, format.nameOf(model.providerModel)]));
  // A model that the catalogue no longer has is looked for by its own name.
  const ofModel = (modelId: string) => byId.get(modelId) ?? format.nameOf(modelId);
  const own = models.filter(({ providerId }) => providers.includes(providerId)).map(({ id }) => id);
  return {
    ofModel,
    common(statedModel) {
      const modelId = named.get(statedModel);
      return modelId === undefined ? format.nameOf(statedModel) : ofModel(modelId);
    },
    models: Map.groupBy(own.sort(), ofModel),
  };
}

/** Where several of our models are called the same there, what differs is told of the first. */
function modelOf({ modelIds, statedModel }: Group, { common, models }: Names): string {
  const [own] = [...modelIds].sort();
  return own ?? models.get(common(statedModel ?? ""))?.[0] ?? "none";
}

interface Kept {
  problems: number;
  from: string;
  to: string;
  leftOut: Map<string, number>;
  /** Ids of requests on lines that do not name our attempt. */
  strays: Set<string>;
}

async function keepLines(options: ReconcileOptions, spill: Spill, { common }: Names): Promise<Kept> {
  const { format, from = "", to = "9999-12-31" } = options;
  const kept: Kept = { problems: 0, from: to, to: from, leftOut: new Map(), strays: new Set() };
  const problem = (text: string) => {
    kept.problems += 1;
    options.onProblem(text);
  };
  const writer = writerOn<Spilled>(spill);
  let covered = 0;
  const isCovered = (day: string) => {
    const isInPeriod = from <= day && day <= to;
    if (isInPeriod) covered += 1;
    if (isInPeriod && day < kept.from) kept.from = day;
    if (isInPeriod && day > kept.to) kept.to = day;
    return isInPeriod;
  };
  const told = {
    problem: (line: number, text: string) => problem(`line ${line} ${text}`),
    leftOut(reason: string, day?: string) {
      leaveOut(kept.leftOut, reason, 1);
      if (day !== undefined) isCovered(day);
    },
  };
  for await (const stated of format.read(options.lines, told, options.owner)) {
    const { day, model, call } = stated;
    const isInPeriod = isCovered(day);
    if (call !== undefined && call.attemptId === null) kept.strays.add(call.requestId);
    const name = call === undefined ? groupName(day, common(model)) : (call.attemptId ?? call.requestId);
    await writer.write(name, { isInPeriod, stated });
  }
  if (covered === 0) problem("no line of the period");
  return { ...kept, from: options.from ?? kept.from, to: options.to ?? kept.to };
}

function leaveOut(leftOut: Map<string, number>, reason: string, lines: number): void {
  if (lines > 0) leftOut.set(reason, (leftOut.get(reason) ?? 0) + lines);
}

function groupName(day: string, model: string): string {
  return `${day} ${model}`;
}

/** Answers how many rows could not be read. */
async function keepCalls(
  { ledger, format, providers, onProblem }: ReconcileOptions,
  spill: Spill,
  { from, to, strays, ofModel }: Kept & Names,
): Promise<number> {
  const writer = writerOn<Spilled>(spill);
  let problems = 0;
  const onBroken = (text: string) => {
    problems += 1;
    onProblem(text);
  };
  const isWanted = ({ providerId }: AttemptRow) => providers.includes(providerId);
  for await (const calls of ownCalls({ audit: ledger.audit, isWanted, onBroken })) {
    for (const { own, requestId } of calls) {
      const isStray = requestId !== null && strays.has(requestId);
      const callName = isStray ? requestId : nameOfCall(own);
      const name = format.isPerCall ? callName : groupName(own.day, ofModel(own.modelId));
      await writer.write(name, { isInPeriod: from <= own.day && own.day <= to, own });
    }
  }
  return problems;
}

/** Settles what can be, and has the groups say what the ledger says then; counts what an earlier run settled and did not come to count. */
async function settled(
  options: ReconcileOptions,
  reconciliation: Reconciliation,
  { groups, names }: { groups: readonly Group[]; names: Names },
): Promise<void> {
  if (!options.isSettling) return;
  const wanted = groups.filter((group) => isSettleable(group) || group.ownCall?.isReconciled === true);
  for (let at = 0; at < wanted.length; at += SETTLED_AT_ONCE) {
    await Promise.all(
      wanted.slice(at, at + SETTLED_AT_ONCE).map(async (group) => {
        const outcome = await settledIn(options.ledger, group, names);
        if (outcome === null) return;
        if ("left" in outcome) {
          reconciliation.left.set(outcome.left, (reconciliation.left.get(outcome.left) ?? 0) + 1);
          return;
        }
        reconciliation.settled += 1;
        const { rows, ours, atRiskPicoUsd } = emptyGroup(group.name);
        Object.assign(group, { rows, ours, atRiskPicoUsd });
        addCall(group, ownCallOf(outcome.row), true);
      }),
    );
  }
}

/** Null where there was nothing to settle. */
async function settledIn(
  ledger: ReconcileOptions["ledger"],
  { ownCall, statedCall, statedModel, theirs }: Group,
  { common, ofModel }: Names,
): Promise<SettleOutcome | null> {
  if (ownCall === null) return null;
  if (ownCall.isReconciled) await countSettled(ledger, ownCall.jobId);
  if (ownCall.isReconciled || statedCall === null) return null;
  // The tokens are priced at what the row holds, which is the price of its own model.
  if (common(statedModel ?? "") !== ofModel(ownCall.modelId)) return { left: "its line is of another model" };
  return settleUnknown(ledger, ownCall, { amounts: theirs, call: statedCall });
}

/** One call, and one line that names it: of two nobody knows which is right. */
function isSettleable({ lines, rows, statedCall }: Group): boolean {
  const { unknown, ...others } = rows;
  const isAlone = unknown === 1 && Object.values(others).every((count) => count === 0);
  return lines === 1 && isAlone && statedCall !== null;
}
