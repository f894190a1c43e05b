import { z } from "zod";
import { price } from "./price-codec.ts";
import { StoredDecision, StoredGate } from "./rows.ts";

/* Decisions as they lie inside a row: fixed shapes as tuples, and nothing said twice. */

const decided = StoredDecision.shape;
/** Model, expected cost, and the place of the reason against it. */
const CandidateTuple = z.tuple([z.string(), z.string().nullable(), z.int().nullable()]);
const GateTuple = z.tuple([z.boolean(), z.string(), z.string(), z.number(), StoredGate.shape.reason]);
/** What few decisions have, and earlier ones have not; absent where there is nothing to say. */
const DecisionExtras = z.object({
  judged: decided.judged_class,
  shadow: decided.shadow,
  /** Of SIMPLE, CALCULATION and COMPLEX. */
  p: z.tuple([z.number(), z.number(), z.number()]).optional(),
  deg: decided.degraded,
  gate: GateTuple.optional(),
  hold: decided.holdout,
});
/** The three shares in thousandths where they are whole ones, and then the confidence is that of the class: shorter. */
const Confidence = z.union([decided.confidence, z.tuple([z.int(), z.int(), z.int()])]);
const DecisionTuple = z.tuple([
  decided.class,
  Confidence,
  decided.strategy,
  decided.strategy_version,
  decided.reasons,
  decided.cost_usd,
  decided.ms,
  z.array(CandidateTuple),
  // Few reasons speak against many candidates: each reason stands here once.
  z.array(z.string()),
  z.tuple([z.string(), price]).nullable(),
  DecisionExtras.optional(),
]);
export const decision = z.codec(DecisionTuple, StoredDecision, {
  decode: ([
    jobClass,
    confidence,
    strategy,
    version,
    reasons,
    cost,
    ms,
    candidates,
    against,
    baseline,
    extras,
  ]) => ({
    class: jobClass,
    strategy,
    strategy_version: version,
    reasons,
    candidates: candidates.map(([model, expectedCost, place]) => ({
      model,
      expected_cost_usd: expectedCost,
      // A place outside the list is undefined here, which the schema of a decision refuses.
      rejected_because: place === null ? null : (against[place] as string),
    })),
    cost_usd: cost,
    ms,
    baseline: baseline === null ? null : { model: baseline[0], price: baseline[1] },
    ...saidIn(extras ?? {}),
    ...sharesIn(confidence, extras?.judged ?? jobClass),
  }),
  encode(row): z.output<typeof DecisionTuple> {
    const against = [...new Set(row.candidates.flatMap((one) => one.rejected_because ?? []))];
    const extras = extrasOf(row);
    return [
      row.class,
      thousandthsOf(row) ?? row.confidence,
      row.strategy,
      row.strategy_version,
      row.reasons,
      row.cost_usd,
      row.ms,
      row.candidates.map(({ model, expected_cost_usd: cost, rejected_because: reason }) => [
        model,
        cost,
        reason === null ? null : against.indexOf(reason),
      ]),
      against,
      row.baseline === null ? null : [row.baseline.model, row.baseline.price],
      ...(Object.keys(extras).length === 0 ? ([] as const) : ([extras] as const)),
    ];
  },
});

type Thousandths = [number, number, number];

function thousandthsOf({ class: jobClass, judged_class, confidence, probabilities: p }: StoredDecision) {
  if (p === undefined || p[judged_class ?? jobClass] !== confidence) return null;
  const parts: Thousandths = [p.SIMPLE, p.CALCULATION, p.COMPLEX];
  const thousandths = parts.map((share) => Math.round(share * 1_000)) as Thousandths;
  return thousandths.every((whole, index) => whole / 1_000 === parts[index]) ? thousandths : null;
}

function sharesIn(confidence: number | Thousandths, judged: StoredDecision["class"]) {
  if (typeof confidence === "number") return { confidence };
  const [SIMPLE, CALCULATION, COMPLEX] = confidence.map((whole) => whole / 1_000) as Thousandths;
  const probabilities = { SIMPLE, CALCULATION, COMPLEX };
  return { confidence: probabilities[judged], probabilities };
}

type Extras = z.output<typeof DecisionExtras>;

function extrasOf(row: StoredDecision): Extras {
  const { judged_class: judged, shadow, degraded, gate, holdout: hold } = row;
  const p = thousandthsOf(row) === null ? row.probabilities : undefined;
  return {
    ...(judged === undefined ? {} : { judged }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(p === undefined ? {} : { p: [p.SIMPLE, p.CALCULATION, p.COMPLEX] as [number, number, number] }),
    ...(degraded === undefined ? {} : { deg: degraded }),
    ...(gate === undefined ? {} : { gate: gateTupleOf(gate) }),
    ...(hold === undefined ? {} : { hold }),
  };
}

function saidIn({ judged, shadow, p, deg, gate, hold }: Extras): Partial<StoredDecision> {
  return {
    ...(judged === undefined ? {} : { judged_class: judged }),
    ...(shadow === undefined ? {} : { shadow }),
    ...(p === undefined ? {} : { probabilities: { SIMPLE: p[0], CALCULATION: p[1], COMPLEX: p[2] } }),
    ...(deg === undefined ? {} : { degraded: deg }),
    ...(gate === undefined ? {} : { gate: gateOf(gate) }),
    ...(hold === undefined ? {} : { holdout: hold }),
  };
}

function gateOf([asked, price, saving, confidence, reason]: z.output<typeof GateTuple>) {
  return { asked, price_usd: price, expected_saving_usd: saving, confidence, reason };
}

function gateTupleOf(gate: z.output<typeof StoredGate>): z.output<typeof GateTuple> {
  return [gate.asked, gate.price_usd, gate.expected_saving_usd, gate.confidence, gate.reason];
}
