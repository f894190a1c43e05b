import { type Catalogue, estimateTokens, type Model, outputRoomTokens } from "@switchyard/shared/catalogue";
import type { Candidate, JobClass } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import {
  callPrice,
  expectedPicoUsd,
  formatUsd,
  type Price,
  type PriceBook,
  parseUsd,
} from "@switchyard/shared/pricing";

/** What routing needs to know of a job. */
export interface RouteRequest {
  class: JobClass;
  /** A model's id, or `auto`. */
  modelRequested: string;
  promptBytes: number;
  maxOutputTokens: number | null;
  maxCostUsd: string | null;
  /** Prices are those of this time. */
  atMs: number;
}

export interface Route {
  modelId: string;
  /** At most, where the model has no price. */
  expectedCostUsd: string;
  /** Else a cap stands in for its price. */
  isPriced: boolean;
  candidates: Candidate[];
  /** The strongest model that could have taken the job: what its saving is measured against. */
  baseline: { model: string; price: Price };
}

interface Weighed {
  model: Model;
  price: Price | null;
  expectedPicoUsd: bigint | null;
  rejected: string | null;
}

/** What a model is weighed by. */
interface Given {
  prices: PriceBook;
  request: RouteRequest;
  wanted: readonly string[];
  /** A cap will do in place of a price, where the book has caps. */
  takesCaps: boolean;
}

/**
 * The cheapest model of the class's route that fits the job; of equal ones the first in the route. A
 * model asked for by name is taken if it fits. Those without a price are looked at only where none with one is left, and
 * by their caps. Every active model is a candidate, with the reason against it.
 * @throws SwitchyardError MODEL_UNKNOWN, PRICE_UNKNOWN, WINDOW_EXCEEDED, COST_LIMIT_EXCEEDED or ROUTE_MISSING.
 */
export function routeJob(catalogue: Catalogue, prices: PriceBook, request: RouteRequest): Route {
  const wanted = wantedIds(catalogue, request);
  const active = [...catalogue.models.values()].filter((model) => model.isActive);
  const weighAll = (takesCaps: boolean) =>
    active.map((model) => weigh(catalogue, model, { prices, request, wanted, takesCaps }));
  const priced = weighAll(false);
  const weighed = priced.some(isAcceptable) || prices.capOf === undefined ? priced : weighAll(true);
  const fitting = weighed
    .filter(isAcceptable)
    .sort((a, b) => compare(a.expectedPicoUsd, b.expectedPicoUsd) || inRoute(wanted, a) - inRoute(wanted, b));
  const [chosen] = fitting;
  if (chosen === undefined) throw refusal(request, weighed, wanted);
  const strongest = baselineOf(weighed, chosen);
  return {
    modelId: chosen.model.id,
    expectedCostUsd: formatUsd(chosen.expectedPicoUsd),
    isPriced: !isCapped(chosen),
    candidates: weighed.map((entry) => candidateOf(entry, chosen)),
    baseline: { model: strongest.model.id, price: strongest.price },
  };
}

/** A cap is nothing to measure a saving against, unless the chosen model has nothing better: then its price may still come. */
function baselineOf(weighed: readonly Weighed[], chosen: Acceptable): Acceptable {
  const priced = weighed.filter(isUsable).filter((entry) => !isCapped(entry));
  const [first] = priced;
  if (first === undefined) return chosen;
  const start = isCapped(chosen) ? first : chosen;
  return priced.reduce((best, entry) => (entry.model.strength > best.model.strength ? entry : best), start);
}

function isCapped({ price }: Weighed): boolean {
  return price?.isCap === true;
}

type Acceptable = Weighed & { price: Price; expectedPicoUsd: bigint };

function isAcceptable(entry: Weighed): entry is Acceptable {
  return entry.rejected === null && entry.price !== null && entry.expectedPicoUsd !== null;
}

/** Could take the job as far as its size and price go, whatever the route of its class says. */
function isUsable(entry: Weighed): entry is Acceptable {
  const isAgainstRoute = entry.rejected === NOT_IN_ROUTE || entry.rejected === NOT_REQUESTED;
  return (isAgainstRoute || isAcceptable(entry)) && entry.price !== null;
}

const NOT_IN_ROUTE = "not in the route of this class";
const NOT_REQUESTED = "another model was asked for";
const NO_PRICE = "has no price";
const TOO_SMALL = "prompt does not fit its context window";
const TOO_DEAR = "expected cost is above max_cost_usd";

function weigh(catalogue: Catalogue, model: Model, { prices, request, wanted, takesCaps }: Given): Weighed {
  const { atMs, promptBytes } = request;
  const room = roomOf(catalogue, model, request);
  // The book may have a price, and no rates for so long a prompt or for the tier that is asked for.
  const inputTokens = estimateTokens(model, promptBytes);
  const found = takesCaps ? callPrice(prices, model, { atMs, inputTokens }) : prices.find(model, atMs);
  const price = found?.isCap === true && !takesCaps ? null : found;
  const expectedPicoUsd = price === null ? null : expectedCostOf(catalogue, { model, price }, request);
  if (price === null || expectedPicoUsd === null)
    return { model, price: null, expectedPicoUsd: null, rejected: room <= 0 ? TOO_SMALL : NO_PRICE };
  const isTooDear = request.maxCostUsd !== null && expectedPicoUsd > parseUsd(request.maxCostUsd);
  const rejected = room <= 0 ? TOO_SMALL : isTooDear ? TOO_DEAR : againstWish(wanted, model, request);
  return { model, price, expectedPicoUsd, rejected };
}

/** What a job of the request's class is expected to cost with a model; null where its tokens have no rate. */
export function expectedCostOf(
  catalogue: Catalogue,
  { model, price }: { model: Model; price: Price },
  request: RouteRequest,
): bigint | null {
  const room = Math.max(roomOf(catalogue, model, request), 0);
  const outputTokens = Math.min(room, catalogue.classifier.expectedOutputTokens[request.class]);
  const inputTokens = estimateTokens(model, request.promptBytes);
  return expectedPicoUsd(price, inputTokens, outputTokens);
}

function roomOf(catalogue: Catalogue, model: Model, request: RouteRequest): number {
  const { promptBytes: bytes, maxOutputTokens } = request;
  return outputRoomTokens(catalogue, model, { bytes, maxOutputTokens });
}

function againstWish(wanted: readonly string[], model: Model, request: RouteRequest): string | null {
  if (wanted.includes(model.id)) return null;
  return request.modelRequested === "auto" ? NOT_IN_ROUTE : NOT_REQUESTED;
}

/**
 * The model asked for by name, or the route of the class. Where the prompt fits no active model of the route, those
 * that its models fall back to for want of a window belong to it, too.
 */
function wantedIds(catalogue: Catalogue, request: RouteRequest): readonly string[] {
  if (request.modelRequested !== "auto") return [request.modelRequested];
  const route = catalogue.routes[request.class];
  const active = route.flatMap((id) => catalogue.models.get(id) ?? []).filter((model) => model.isActive);
  if (active.some((model) => roomOf(catalogue, model, request) > 0)) return route;
  return [...new Set([...route, ...active.flatMap(({ fallbacks }) => fallbacks.context_window)])];
}

function candidateOf(entry: Weighed, chosen: Acceptable): Candidate {
  const { expectedPicoUsd } = entry;
  const isChosen = entry.model.id === chosen.model.id;
  const dearer = `dearer than ${chosen.model.id}`;
  return {
    model: entry.model.id,
    expected_cost_usd: expectedPicoUsd === null || isCapped(entry) ? null : formatUsd(expectedPicoUsd),
    rejected_because: isChosen ? null : (entry.rejected ?? dearer),
  };
}

/** Why nothing can take the job; the model that was asked for, or the route, decides which reason it is. */
function refusal(
  request: RouteRequest,
  weighed: readonly Weighed[],
  wanted: readonly string[],
): SwitchyardError {
  const asked = weighed.filter(({ model }) => wanted.includes(model.id));
  const names = asked.map(({ model }) => model.id).join(", ");
  if (asked.length === 0) {
    return request.modelRequested === "auto"
      ? new SwitchyardError("ROUTE_MISSING", `no active model serves ${request.class}`)
      : new SwitchyardError("MODEL_UNKNOWN", `model ${request.modelRequested} is not active`);
  }
  const tooDear = asked.filter(({ rejected }) => rejected === TOO_DEAR);
  const [least] = tooDear.map((entry) => entry.expectedPicoUsd ?? 0n).sort(compare);
  if (least !== undefined) {
    const message = `max_cost_usd is below what ${names} would cost; the least expected is ${formatUsd(least)} USD`;
    return new SwitchyardError("COST_LIMIT_EXCEEDED", message);
  }
  const unpriced = asked.filter(({ rejected }) => rejected === NO_PRICE).map(({ model }) => model.id);
  if (unpriced.length > 0) {
    return new SwitchyardError("PRICE_UNKNOWN", `${unpriced.join(", ")}: no price in the price book`);
  }
  return new SwitchyardError("WINDOW_EXCEEDED", `the prompt does not fit ${names}`);
}

function inRoute(route: readonly string[], { model }: Weighed): number {
  const place = route.indexOf(model.id);
  return place < 0 ? route.length : place;
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
