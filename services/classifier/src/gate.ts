import { type ConsultSettings, estimateTokens, type Model, mostTokens } from "@switchyard/shared/catalogue";
import type { Consultation } from "@switchyard/shared/consultation";
import { type Gate, type GateReason, JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
import {
  expectedPicoUsd,
  formatUsd,
  type Price,
  parseUsd,
  worstCasePicoUsd,
} from "@switchyard/shared/pricing";
import { follow, isAffordable, pricedOf, unpriced } from "./follow.ts";
import type { Judgement } from "./judge/judge.ts";
import type { DecideRequest, Decider, Placed } from "./place.ts";
import { expectedCostOf } from "./route.ts";

/** Probabilities are whole millionths, so that with money as whole pico-dollars no float touches the sum. */
const PPM = 1_000_000;

/** `costs[routed][truth]`: what a job of class `truth` is expected to cost with the model of class `routed`. */
export type CostsPicoUsd = Readonly<Record<JobClass, Readonly<Record<JobClass, bigint>>>>;

/**
 * What a judge that is always right would be worth for one job: with the local probabilities p, the class c that was
 * judged locally and the quality value q,
 *
 *     saving = max(0, Σ p(k) · (cost[c][k] − cost[k][k])  +  (c ≠ COMPLEX ? p(COMPLEX) · q : 0))
 *
 * The first sum is money: a job that is moved to the model of its true class costs that model's price instead. Both
 * sides are taken for the same true class k, because a hard job has its long answer with either model. Moves down
 * save, moves up cost; what they are worth is quality, which only an operator can price: q for each COMPLEX job that
 * a lesser model would have answered. With q = 0 only money counts. No model is always right, so this is more than what
 * its judgement is worth. It is weighed against what the call is expected to cost.
 */
export function expectedSavingPicoUsd(given: {
  probabilitiesPpm: Readonly<Record<JobClass, number>>;
  chosen: JobClass;
  costs: CostsPicoUsd;
  qualityValuePicoUsd: bigint;
}): bigint {
  const { probabilitiesPpm: ppm, chosen, costs, qualityValuePicoUsd } = given;
  const money = JOB_CLASSES.reduce(
    (sum, truth) => sum + BigInt(ppm[truth]) * (costs[chosen][truth] - costs[truth][truth]),
    0n,
  );
  const quality = chosen === "COMPLEX" ? 0n : BigInt(ppm.COMPLEX) * qualityValuePicoUsd;
  const saving = (money + quality) / BigInt(PPM);
  return saving > 0n ? saving : 0n;
}

/** What the gate looks at beside the request. */
interface Weighed {
  judgement: Judgement;
  /** Where the local judge's word leads. */
  placed: Placed;
  settings: ConsultSettings;
  /** What the model would be sent; only built where it comes to that. */
  shown: () => Consultation;
}

/** `{"class":"CALCULATION"}` takes six to ten tokens in the vocabularies of the models that are in use. */
const ANSWER_TOKENS = 10;

/** Whether a model is to be asked for its judgement, and the arithmetic behind it. Spends nothing. */
export function weighGate(decider: Decider, request: DecideRequest, given: Weighed): Gate {
  const { catalogue, prices, patience } = decider;
  const { judgement, placed, settings, shown } = given;
  const { confidence } = judgement;
  const refused = (reason: GateReason, weighed = UNWEIGHED): Gate => ({
    ...{ asked: false, ...weighed, confidence, reason },
  });
  const isSure = Math.round(confidence * PPM) >= settings.belowConfidencePpm;
  if (catalogue.classifier.mode === "hybrid" && isSure) return refused("confident");
  const model = catalogue.models.get(settings.modelId);
  const known = model === undefined ? null : prices.find(model, request.atMs);
  // What a judgement costs at most says nothing of whether it pays.
  const price = known?.isCap === true ? null : known;
  // At the most that either can cost, the judgement may not take what the job needs for its answer.
  const after = price === null ? request : afterJudgement(request, price, given);
  const places = placesOf(decider, after, placed);
  // The job's model was named, its bounds or its limit leave one class, or one model is the cheapest for all.
  const models = new Set(JOB_CLASSES.map((name) => places[name].route.modelId));
  if (models.size === 1) return refused("no_choice");
  if (model === undefined || !model.isActive) return refused("inactive");
  if (price === null) return refused("unpriced");
  if (patience.isOutOf(model.id)) return refused("too_slow");
  const pricePicoUsd = callPicoUsd({ model, price }, settings, shown());
  if (pricePicoUsd === null) return refused("unpriced");
  const savingPicoUsd = savingOf(decider, request, { places, ...given });
  const weighed = { price_usd: formatUsd(pricePicoUsd), expected_saving_usd: formatUsd(savingPicoUsd) };
  // The call itself needs time, too.
  if (request.timeLeftMs !== null && request.timeLeftMs < 2 * settings.timeoutMs)
    return refused("deadline", weighed);
  if (!isAffordable(decider, after, placed.route)) return refused("cost_limit", weighed);
  if (settings.isGated && savingPicoUsd <= pricePicoUsd) return refused("cannot_pay", weighed);
  return { asked: true, ...weighed, confidence, reason: settings.isGated ? "pays" : "no_gate" };
}

const UNWEIGHED = { price_usd: "0", expected_saving_usd: "0" };

/** The request with what a judgement leaves of its limit, whatever it comes to cost. */
function afterJudgement(request: DecideRequest, price: Price, { settings, shown }: Weighed): DecideRequest {
  if (request.maxCostUsd === null) return request;
  const mostPicoUsd = worstCasePicoUsd(price, mostTokens(shown().bytes), settings.maxOutputTokens);
  const leftPicoUsd = parseUsd(request.maxCostUsd) - mostPicoUsd;
  return { ...request, maxCostUsd: formatUsd(leftPicoUsd < 0n ? 0n : leftPicoUsd) };
}

/** A model that reasons takes its reasoning from the answer's tokens: nobody knows how many. */
function callPicoUsd(
  { model, price }: { model: Model; price: Price },
  { isReasoning, maxOutputTokens }: ConsultSettings,
  { bytes }: Consultation,
): bigint | null {
  const answerTokens = isReasoning ? maxOutputTokens : Math.min(ANSWER_TOKENS, maxOutputTokens);
  return expectedPicoUsd(price, estimateTokens(model, bytes), answerTokens);
}

function savingOf(
  decider: Decider,
  request: DecideRequest,
  { places, judgement, placed, settings }: Weighed & { places: Places },
): bigint {
  const isRescuable = placed.class !== "COMPLEX" && places.COMPLEX.class === "COMPLEX";
  return expectedSavingPicoUsd({
    probabilitiesPpm: ppmOf(judgement),
    chosen: judgement.class,
    costs: costsOf(decider, request, places),
    qualityValuePicoUsd: isRescuable ? parseUsd(settings.qualityValueUsd) : 0n,
  });
}

function ppmOf({ probabilities }: Judgement): Record<JobClass, number> {
  const ppm = (share: number) => Math.round(share * PPM);
  return {
    SIMPLE: ppm(probabilities.SIMPLE),
    CALCULATION: ppm(probabilities.CALCULATION),
    COMPLEX: ppm(probabilities.COMPLEX),
  };
}

type Places = Readonly<Record<JobClass, Placed>>;

/** A class that would not be followed is served as the local one is: an answer that names it changes nothing. */
function placesOf(decider: Decider, request: DecideRequest, local: Placed): Places {
  const placeOf = (judged: JobClass) => follow(decider, request, { judged, local }) ?? local;
  return { SIMPLE: placeOf("SIMPLE"), CALCULATION: placeOf("CALCULATION"), COMPLEX: placeOf("COMPLEX") };
}

function costsOf(decider: Decider, request: DecideRequest, places: Places): CostsPicoUsd {
  const costsFor = (judged: JobClass) => {
    const priced = pricedOf(decider, request, places[judged].route);
    const cost = (truth: JobClass) =>
      expectedCostOf(decider.catalogue, priced, { ...request, class: truth }) ?? unpriced(priced.model.id);
    return { SIMPLE: cost("SIMPLE"), CALCULATION: cost("CALCULATION"), COMPLEX: cost("COMPLEX") };
  };
  return {
    SIMPLE: costsFor("SIMPLE"),
    CALCULATION: costsFor("CALCULATION"),
    COMPLEX: costsFor("COMPLEX"),
  };
}
