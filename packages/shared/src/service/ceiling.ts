import { type Catalogue, type Model, mostTokens, outputRoomTokens } from "../catalogue/index.ts";
import { mostConsultationBytes } from "../consultation/index.ts";
import { bounded, type ClassBounds, JOB_CLASSES } from "../contracts/index.ts";
import { type PriceBook, parseUsd, worstCasePicoUsd } from "../pricing/index.ts";

interface Installation {
  catalogue: Catalogue;
  prices: PriceBook;
}

/** What a job's cost is bounded by, before anybody has judged it. */
export interface CeilingRequest {
  /** A model's id, or `auto`. */
  model: string;
  promptBytes: number;
  maxOutputTokens: number | null;
  maxCostUsd: string | null;
  bounds: ClassBounds;
  /** What earlier generations of the job spent of its limit at most. */
  spentPicoUsd?: bigint;
  /** Prices are those of this time. */
  atMs: number;
}

/**
 * The most that one call for a job's answer can cost with the dearest model that it may come to, and what judging it may
 * cost; within the job's own limit. A call that has to be repeated because nobody knows how it ended comes on top.
 */
export function ceilingOf(installation: Installation, request: CeilingRequest): bigint {
  const { catalogue } = installation;
  const { model, bounds, maxCostUsd, spentPicoUsd = 0n } = request;
  const allowed = model === "auto" ? allowedModels(catalogue, bounds) : namedModels(catalogue, [model]);
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
  {
    promptBytes: bytes,
    maxOutputTokens,
    atMs,
  }: Pick<CeilingRequest, "promptBytes" | "maxOutputTokens" | "atMs">,
): bigint {
  const price = prices.find(model, atMs);
  const room = outputRoomTokens(catalogue, model, { bytes, maxOutputTokens });
  return price === null || room <= 0 ? 0n : worstCasePicoUsd(price, mostTokens(bytes), room);
}

/** A job that is held out goes to the strongest of all models, which no route need name. */
function allowedModels(catalogue: Catalogue, bounds: ClassBounds): Model[] {
  if (catalogue.classifier.holdoutPpm === 0) return routedModels(catalogue, bounds);
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
function judgingPicoUsd({ catalogue, prices }: Installation, { promptBytes, atMs }: CeilingRequest): bigint {
  const settings = catalogue.classifier.llm;
  const model = settings === null ? undefined : catalogue.models.get(settings.modelId);
  const price = model?.isActive ? prices.find(model, atMs) : null;
  if (settings === null || model === undefined || price === null) return 0n;
  const bytes = mostConsultationBytes(promptBytes, settings.maxPromptBytes);
  const room = outputRoomTokens(catalogue, model, { bytes, maxOutputTokens: settings.maxOutputTokens });
  return room <= 0 ? 0n : worstCasePicoUsd(price, mostTokens(bytes), room);
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
