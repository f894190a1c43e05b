import { type Catalogue, nearestName } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import { STAGES, type Stage } from "@switchyard/shared/pipeline";

/** Which queues, and how far ahead. */
export interface LoadQuery {
  stages: readonly Stage[];
  /** Of stage invoke; empty: all. */
  models: readonly string[];
  /** What is delayed counts when its time comes so soon. */
  dueWithinMs: number;
}

/** The usual polling interval of an autoscaler: what is due before it asks again needs a worker now. */
const DUE_WITHIN_SECONDS = 15;
const MAX_DUE_WITHIN_SECONDS = 3_600;
const PARAMETERS = ["stage", "model", "due_within"];

/** All queues. */
export const EVERYTHING: LoadQuery = { stages: STAGES, models: [], dueWithinMs: DUE_WITHIN_SECONDS * 1_000 };

/** @throws SwitchyardError REQUEST_INVALID, or RESOURCE_MISSING and MODEL_UNKNOWN for what does not exist. */
export function parseLoadQuery(query: URLSearchParams, { models }: Pick<Catalogue, "models">): LoadQuery {
  for (const name of query.keys()) {
    if (!PARAMETERS.includes(name)) throw invalid(`unknown parameter ${name.slice(0, 64)}`);
  }
  const asked = query.getAll("model");
  for (const id of asked) if (!models.has(id)) throw unknownModel(id, models.keys());
  const stages = query.getAll("stage").map(stageOf);
  if (asked.length > 0 && stages.some((stage) => stage !== "invoke")) {
    throw invalid("only stage invoke has models");
  }
  const whole: readonly Stage[] = asked.length > 0 ? ["invoke"] : STAGES;
  return {
    stages: stages.length > 0 ? [...new Set(stages)] : whole,
    models: [...new Set(asked)],
    dueWithinMs: dueWithinSeconds(query.getAll("due_within")) * 1_000,
  };
}

function stageOf(name: string): Stage {
  const stage = STAGES.find((one) => one === name);
  if (stage !== undefined) return stage;
  throw new SwitchyardError("RESOURCE_MISSING", `unknown stage; there are ${STAGES.join(", ")}`);
}

function dueWithinSeconds(given: readonly string[]): number {
  const [text, ...others] = given;
  if (text === undefined) return DUE_WITHIN_SECONDS;
  const seconds = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (others.length === 0 && seconds <= MAX_DUE_WITHIN_SECONDS) return seconds;
  throw invalid(`due_within must be one number of seconds, 0 to ${MAX_DUE_WITHIN_SECONDS}`);
}

function unknownModel(id: string, known: Iterable<string>): SwitchyardError {
  const near = nearestName(id, known);
  const hint = near === null ? "" : ` (did you mean ${near}?)`;
  return new SwitchyardError("MODEL_UNKNOWN", `unknown model ${id.slice(0, 64)}${hint}`);
}

function invalid(message: string): SwitchyardError {
  return new SwitchyardError("REQUEST_INVALID", message);
}
