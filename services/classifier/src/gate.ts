import {
  type ConsultSettings,
  estimateTokens,
  mostTokens,
  outputRoomTokens,
} from "@switchyard/shared/catalogue";
import { consultationOf } from "@switchyard/shared/consultation";
import { type Gate, type GateReason, JOB_CLASSES, type JobClass } from "@switchyard/shared/contracts";
import { SwitchyardError } from "@switchyard/shared/errors";
import { formatUsd, type Price, parseUsd, worstCasePicoUsd } from "@switchyard/shared/pricing";
import type { Judgement } from "./judge/judge.ts";
import { type DecideRequest, type Decider, type Placed, place } from "./place.ts";
import { expectedCostOf, type Route } from "./route.ts";

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
 * a lesser model would have answered. With q = 0 only money counts. No model is always right, so this is an upper
 * bound, and a gate that refuses by it is never wrong to refuse.
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

/** Whether a model is to be asked for its judgement, and the arithmetic behind it. Spends nothing. */
export function weighGate(
  decider: Decider,
  request: DecideRequest,
  local: { judgement: Judgement; placed: Placed; settings: ConsultSettings },
): Gate {
  const { catalogue, prices } = decider;
  const { judgement, placed, settings } = local;
  const model = catalogue.models.get(settings.modelId);
  const price = model === undefined ? null : prices.find(model.priceId);
  const { bytes } = consultationOf(request.messages, settings.maxPromptBytes);
  const pricePicoUsd =
    model === undefined || price === null
      ? 0n
      : BigInt(estimateTokens(model, bytes)) * price.inputPicoUsd +
        BigInt(settings.maxOutputTokens) * price.outputPicoUsd;
  const places = placesOf(decider, request, placed);
  const isRescuable = placed.class !== "COMPLEX" && places.COMPLEX.class === "COMPLEX";
  const savingPicoUsd = expectedSavingPicoUsd({
    probabilitiesPpm: ppmOf(judgement),
    chosen: judgement.class,
    costs: costsOf(decider, request, places),
    qualityValuePicoUsd: isRescuable ? parseUsd(settings.qualityValueUsd) : 0n,
  });
  const answered = (reason: GateReason): Gate => ({
    asked: reason === "pays" || reason === "no_gate",
    price_usd: formatUsd(pricePicoUsd),
    expected_saving_usd: formatUsd(savingPicoUsd),
    confidence: judgement.confidence,
    reason,
  });
  // The job's model was named, its bounds leave one class, or one model is the cheapest for all.
  const models = new Set(JOB_CLASSES.map((name) => places[name].route.modelId));
  if (models.size === 1) return answered("no_choice");
  const isSure = Math.round(judgement.confidence * PPM) >= settings.belowConfidencePpm;
  if (catalogue.classifier.mode === "hybrid" && isSure) return answered("confident");
  if (model === undefined || !model.isActive) return answered("inactive");
  if (price === null) return answered("unpriced");
  // The call itself needs time, too.
  if (request.timeLeftMs !== null && request.timeLeftMs < 2 * settings.timeoutMs) return answered("deadline");
  const mostPicoUsd = worstCasePicoUsd(price, mostTokens(bytes), settings.maxOutputTokens);
  if (!isAffordable(decider, request, { route: placed.route, mostPicoUsd })) return answered("cost_limit");
  if (!settings.isGated) return answered("no_gate");
  return answered(savingPicoUsd > pricePicoUsd ? "pays" : "cannot_pay");
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

/** A class that no model can take is served as the local one is: an answer that names it changes nothing. */
function placesOf(decider: Decider, request: DecideRequest, local: Placed): Places {
  const placeOf = (judged: JobClass): Placed => {
    try {
      return place(decider, request, judged);
    } catch (error) {
      if (error instanceof SwitchyardError) return local;
      throw error;
    }
  };
  return { SIMPLE: placeOf("SIMPLE"), CALCULATION: placeOf("CALCULATION"), COMPLEX: placeOf("COMPLEX") };
}

function costsOf(decider: Decider, request: DecideRequest, places: Places): CostsPicoUsd {
  const costsFor = (judged: JobClass) => {
    const priced = pricedOf(decider, places[judged].route);
    const cost = (truth: JobClass) => expectedCostOf(decider.catalogue, priced, { ...request, class: truth });
    return { SIMPLE: cost("SIMPLE"), CALCULATION: cost("CALCULATION"), COMPLEX: cost("COMPLEX") };
  };
  return {
    SIMPLE: costsFor("SIMPLE"),
    CALCULATION: costsFor("CALCULATION"),
    COMPLEX: costsFor("COMPLEX"),
  };
}

function pricedOf({ catalogue, prices }: Decider, { modelId }: Route) {
  const model = catalogue.models.get(modelId);
  const price: Price | null = model === undefined ? null : prices.find(model.priceId);
  if (model === undefined || price === null)
    throw new SwitchyardError("INTERNAL_FAULT", `${modelId} was routed to and has no price`);
  return { model, price };
}

/** The judgement may not take what the job needs for its answer, at the most that either can cost. */
function isAffordable(
  decider: Decider,
  request: DecideRequest,
  { route, mostPicoUsd }: { route: Route; mostPicoUsd: bigint },
): boolean {
  if (request.maxCostUsd === null) return true;
  const { model, price } = pricedOf(decider, route);
  const { promptBytes: bytes, maxOutputTokens } = request;
  const room = Math.max(0, outputRoomTokens(decider.catalogue, model, { bytes, maxOutputTokens }));
  const answerPicoUsd = worstCasePicoUsd(price, mostTokens(bytes), room);
  return mostPicoUsd + answerPicoUsd <= parseUsd(request.maxCostUsd);
}
