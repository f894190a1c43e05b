import { type Catalogue, type Model, outputRoomTokens } from "../catalogue/index.ts";
import { mostConsultationBytes } from "../consultation/index.ts";
import { bounded, type ClassBounds, JOB_CLASSES } from "../contracts/index.ts";
import { type PriceBook, parseUsd } from "../pricing/index.ts";
import { allowsHoldout } from "./allows-holdout.ts";
import { boundCall } from "./bound-call.ts";
import { pricesFor } from "./prices-for.ts";

interface Installation {
  catalogue: Catalogue;
  prices: PriceBook;
}

/** What a call's cost is bounded by. */
interface CallRequest {
  /** Some may call models that have no price, within a cap. */
  tenant: string;
  promptBytes: number;
  maxOutputTokens: number | null;
  /** Prices are those of this time. */
  atMs: number;
}

/** What a job's cost is bounded by, before anybody has judged it. */
export interface CeilingRequest extends CallRequest {
  /** A model's id, or `auto`. */
  model: string;
  maxCostUsd: string | null;
  bounds: ClassBounds;
  /** What earlier generations of the job spent of its limit at most. */
  spentPicoUsd?: bigint;
}

/**
 * The most that one call for a job's answer can cost with the dearest model that it may come to, and what judging it may
 * cost; within the job's own limit. A call that has to be repeated because nobody knows how it ended comes on top.
 */
export function ceilingOf(installation: Installation, request: CeilingRequest): bigint {
  const { catalogue } = installation;
  const { model, maxCostUsd, spentPicoUsd = 0n } = request;
  const allowed = model === "auto" ? allowedModels(catalogue, request) : namedModels(catalogue, [model]);
  const answerPicoUsd = allowed.reduce(
    (most, one) => larger(most, worstCaseOf(installation, one, request)),
    0n,
  );
  const picoUsd = answerPicoUsd + (model === "auto" ? judgingPicoUsd(installation, request) : 0n);
  if (maxCostUsd === null) return picoUsd;
  const leftPicoUsd = parseUsd(maxCostUsd) - spentPicoUsd;
  if (leftPicoUsd <= 0n) return 0n;
  return picoUsd < leftPicoUsd ? picoUsd : leftPicoUsd;
}

/** The most that a call for the job's answer can cost with a model; 0 where it would not be made. */
export function worstCaseOf(
  { catalogue, prices }: Installation,
  model: Model,
  { tenant, promptBytes, maxOutputTokens, atMs }: CallRequest,
): bigint {
  const roomTokens = outputRoomTokens(catalogue, model, { bytes: promptBytes, maxOutputTokens });
  if (roomTokens <= 0) return 0n;
  const call = { atMs, promptBytes, roomTokens, limitPicoUsd: null };
  return boundCall(pricesFor({ catalogue, prices }, tenant), model, call)?.maxCostPicoUsd ?? 0n;
}

/**
 * A job that is held out goes to the strongest of all models, which no route need name. As much is reserved for all that could be
 * drawn: else near the end of a budget drawn jobs alone would be refused, and the two sides of the comparison no longer be alike.
 */
function allowedModels(catalogue: Catalogue, request: CeilingRequest): Model[] {
  if (!allowsHoldout(catalogue, request)) return routedModels(catalogue, request.bounds);
  return [...catalogue.models.values()].filter(({ isActive }) => isActive);
}

/** Those of the routes of the allowed classes, and those that they fall back to, whatever for. */
function routedModels(catalogue: Catalogue, bounds: ClassBounds): Model[] {
  const classes = JOB_CLASSES.filter((name) => bounded(name, bounds).by === null);
  const reached = new Map<string, Model>();
  let next = namedModels(
    catalogue,
    classes.flatMap((name) => catalogue.routes[name]),
  );
  while (next.length > 0) {
    for (const model of next) reached.set(model.id, model);
    const listed = next.flatMap(({ fallbacks }) => Object.values(fallbacks).flat());
    next = namedModels(catalogue, listed).filter(({ id }) => !reached.has(id));
  }
  return [...reached.values()].filter(({ isActive }) => isActive);
}

function namedModels(catalogue: Catalogue, ids: readonly string[]): Model[] {
  return ids.flatMap((id) => catalogue.models.get(id) ?? []);
}

/** Whether it is judged by a model at all is decided later. */
function judgingPicoUsd(installation: Installation, request: CeilingRequest): bigint {
  const { classifier, models } = installation.catalogue;
  const model = classifier.llm === null ? undefined : models.get(classifier.llm.modelId);
  if (classifier.llm === null || !model?.isActive) return 0n;
  const { maxPromptBytes, maxOutputTokens } = classifier.llm;
  const promptBytes = mostConsultationBytes(request.promptBytes, maxPromptBytes);
  return worstCaseOf(installation, model, { ...request, promptBytes, maxOutputTokens });
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
