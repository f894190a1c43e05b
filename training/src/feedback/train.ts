import { createHash } from "node:crypto";
import { FEATURE_NAMES, FEATURES_VERSION } from "../../../services/classifier/src/outcome/features.ts";
import { type OutcomeContent, outcomeFileOf } from "../../../services/classifier/src/outcome/outcome-file.ts";
import { chanceFrom } from "../../../services/classifier/src/outcome/outcome-model.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import type { Example } from "./example.ts";
import { type Fit, fitLogistic, logLoss } from "./logistic.ts";
import { isLabelled, type Labelled } from "./policy.ts";
import { chooseThresholds } from "./thresholds.ts";

/** Fewer teach nothing that would hold on other jobs. */
export const LEAST_LABELS = 200;
/** So many of them must be good, and as many bad: of a rare kind a few more or less would change everything. */
export const LEAST_OF_EACH = 30;
/** Quality may not be lower than the current routing's by more than this, at the low end of its interval. */
export const QUALITY_MARGIN = 0.02;
const HELD_BACK = 0.3;
const FOLDS = 5;
const PENALTIES = [0.003, 0.01, 0.03, 0.1];

export interface Trained {
  counts: { rated: number; labelled: number; good: number; trainedOn: number; heldBack: number };
  evaluation: Evaluation | null;
  /** Why there is no candidate; empty when there is one. */
  refusedBecause: string[];
  candidate: { version: string; text: string } | null;
}

/** Fits a candidate, and keeps it only if it saves money at no less quality on jobs that were held back. */
export function train(
  given: readonly Example[],
  { seed, goodFrom }: { seed: number; goodFrom: number },
): Trained {
  const examples = given.toSorted((a, b) => (a.jobId < b.jobId ? -1 : 1));
  const labelled = examples.filter(isLabelled);
  const isHeld = ({ group }: Example) => lotOf(`${seed} held ${group}`) < HELD_BACK;
  const [fitted, held] = [labelled.filter((one) => !isHeld(one)), labelled.filter(isHeld)];
  const good = labelled.filter(({ cheapGood }) => cheapGood).length;
  const counts = {
    rated: examples.length,
    labelled: labelled.length,
    good,
    trainedOn: fitted.length,
    heldBack: held.length,
  };
  const refuse = (refusedBecause: string[], evaluation: Evaluation | null = null): Trained => ({
    counts,
    evaluation,
    refusedBecause,
    candidate: null,
  });
  if (labelled.length < LEAST_LABELS || Math.min(good, labelled.length - good) < LEAST_OF_EACH) {
    const has = `${labelled.length} outcomes say whether a cheaper model does, ${good} that it does`;
    return refuse([`too few: ${has}; ${LEAST_LABELS} are needed, ${LEAST_OF_EACH} of each kind`]);
  }
  const strongRate = rateOf(examples.filter((one) => !isHeld(one)));
  const { fit, chances, l2 } = fitBest(fitted, seed);
  const thresholds = chooseThresholds(fitted, { chances, strongRate });
  if (thresholds === null) {
    return refuse(["no threshold would have saved anything at no less quality on the training jobs"]);
  }
  const heldChances = held.map(({ features }) => chanceFrom(fit, features));
  const evaluation = evaluate(held, { chances: heldChances, thresholds, strongRate }, seed);
  const refusedBecause = reasonsAgainst(evaluation);
  if (refusedBecause.length > 0) return refuse(refusedBecause, evaluation);
  const trained = {
    seed,
    good_from: goodFrom,
    l2,
    ...counts,
    data_digest: digestOf(examples),
    evaluation: tidied(evaluation),
  };
  return {
    counts,
    evaluation,
    refusedBecause,
    candidate: outcomeFileOf(contentOf(fit, thresholds, trained)),
  };
}

function contentOf(
  { bias, weights }: Fit,
  thresholds: Pick<OutcomeContent, "lower_at" | "raise_below">,
  trained: OutcomeContent["trained"],
): OutcomeContent {
  return {
    format: "switchyard-outcome-model/1",
    features_version: FEATURES_VERSION,
    ...thresholds,
    bias,
    weights: Object.fromEntries(FEATURE_NAMES.map((name, index) => [name, weights[index] ?? 0])),
    trained,
  };
}

/** How often a strong model's answer is good enough; where nobody said, always: then going cheaper is judged strictly. */
function rateOf(examples: readonly Example[]): number {
  const known = examples.flatMap(({ strongGood }) => (strongGood === null ? [] : [Number(strongGood)]));
  return known.length === 0 ? 1 : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The fit whose chances, each from a fit that had not seen the job, lose least; and these chances. */
function fitBest(examples: readonly Labelled[], seed: number): { fit: Fit; chances: number[]; l2: number } {
  const folds = examples.map(({ group }) => Math.floor(lotOf(`${seed} fold ${group}`) * FOLDS));
  const labels = examples.map(({ cheapGood }) => cheapGood);
  const tried = PENALTIES.map((l2) => {
    const fits = Array.from({ length: FOLDS }, (_, fold) =>
      fitTo(
        examples.filter((_example, index) => folds[index] !== fold),
        l2,
      ),
    );
    const chances = examples.map(({ features }, index) =>
      chanceFrom(fits[folds[index] ?? 0] as Fit, features),
    );
    return { l2, chances, loss: logLoss(chances, labels) };
  });
  const { l2, chances } = tried.reduce((best, one) => (one.loss < best.loss ? one : best));
  return { fit: fitTo(examples, l2), chances, l2 };
}

/** Rounded, so that what is evaluated is what the file says. */
function fitTo(examples: readonly Labelled[], l2: number): Fit {
  const { bias, weights } = fitLogistic(
    examples.map(({ features }) => features),
    examples.map(({ cheapGood }) => cheapGood),
    l2,
  );
  return { bias: rounded(bias), weights: weights.map(rounded) };
}

function reasonsAgainst({ saving, qualityChange, shuffled, candidate }: Evaluation): string[] {
  const reasons: string[] = [];
  const range = ({ low, high }: { low: number | null; high: number | null }) =>
    low === null || high === null ? "too few jobs to tell" : `${percent(low)} to ${percent(high)}`;
  if (saving.low === null || saving.low <= 0) {
    reasons.push(`its saving on the jobs held back is not surely above 0 (${range(saving)})`);
  }
  if (qualityChange.low === null || qualityChange.low < -QUALITY_MARGIN) {
    const most = percent(QUALITY_MARGIN);
    reasons.push(
      `its quality may be lower than the current one's by more than ${most} (${range(qualityChange)})`,
    );
  }
  if (shuffled.high === null || candidate.quality <= shuffled.high) {
    reasons.push(
      `the same decisions dealt out at random do as well (quality ${range(shuffled)}, its own ${percent(candidate.quality)}): it knows nothing of single jobs`,
    );
  }
  return reasons;
}

export function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

/** A number from 0 up to 1 that the text decides. */
function lotOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32BE(0) / 2 ** 32;
}

function digestOf(examples: readonly Example[]): string {
  const digest = createHash("sha256");
  for (const { jobId, group, cheapGood, strongGood } of examples) {
    digest.update(`${jobId} ${group} ${cheapGood} ${strongGood}\n`);
  }
  return digest.digest("hex");
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function tidied(evaluation: Evaluation): unknown {
  const text = JSON.stringify(evaluation, (_, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(6)) : value,
  );
  return JSON.parse(text);
}
