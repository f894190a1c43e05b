import { z } from "zod";
import { StoredDecision, StoredPrice } from "./rows.ts";

/* Decisions and prices as they lie inside a row: fixed shapes as tuples, and nothing said twice. */

/** A rate inside JSON, whose numbers are not exact. */
const rate = z.codec(z.string().regex(/^\d+$/), z.bigint(), {
  decode: (digits) => BigInt(digits),
  encode: (pico) => pico.toString(),
});

/** Id, version of the book, and the rates: input, output, cached input, cache write. */
const PriceTuple = z.tuple([z.string(), z.string(), rate, rate, rate.nullable(), rate.nullable()]);
export const price = z.codec(PriceTuple, StoredPrice, {
  decode: ([id, bookVersion, inputPicoUsd, outputPicoUsd, cached, write]) => ({
    id,
    bookVersion,
    inputPicoUsd,
    outputPicoUsd,
    ...(cached === null ? {} : { cachedInputPicoUsd: cached }),
    ...(write === null ? {} : { cacheWritePicoUsd: write }),
  }),
  encode: (row): z.output<typeof PriceTuple> => [
    row.id,
    row.bookVersion,
    row.inputPicoUsd,
    row.outputPicoUsd,
    row.cachedInputPicoUsd ?? null,
    row.cacheWritePicoUsd ?? null,
  ],
});

const decided = StoredDecision.shape;
/** Model, expected cost, and the place of the reason against it. */
const CandidateTuple = z.tuple([z.string(), z.string().nullable(), z.int().nullable()]);
/** What few decisions have; absent where there is nothing to say. */
const DecisionExtras = z.object({
  judged: decided.judged_class,
  shadow: decided.shadow,
});
function extrasOf({ judged_class, shadow }: StoredDecision): [] | [z.output<typeof DecisionExtras>] {
  if (judged_class === undefined && shadow === undefined) return [];
  return [{ judged: judged_class, shadow }];
}
const DecisionTuple = z.tuple([
  decided.class,
  decided.confidence,
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
    ...(extras?.judged === undefined ? {} : { judged_class: extras.judged }),
    ...(extras?.shadow === undefined ? {} : { shadow: extras.shadow }),
    confidence,
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
  }),
  encode(row): z.output<typeof DecisionTuple> {
    const against = [...new Set(row.candidates.flatMap((one) => one.rejected_because ?? []))];
    return [
      row.class,
      row.confidence,
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
      ...extrasOf(row),
    ];
  },
});
