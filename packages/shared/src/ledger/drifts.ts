import { z } from "zod";
import { DRIFTS, driftKey } from "./keys.ts";
import { readRow } from "./rows.ts";
import type { Store } from "./store.ts";
import type { Item } from "./store-requests.ts";

/** Money: a whole number of pico-dollars; small ones arrive as `number`. */
const picoUsd = z.union([z.bigint(), z.int()]).transform(BigInt);

const Drift = z.object({
  modelId: z.string(),
  atMs: z.number(),
  /** What was compared: days of UTC, both inclusive, and the kind of file. */
  from: z.string(),
  to: z.string(),
  format: z.string(),
  ourPicoUsd: picoUsd,
  ourTokens: z.int(),
  /** Absent where the file does not say. */
  theirPicoUsd: picoUsd.optional(),
  theirTokens: z.int().optional(),
});
/** What a provider's file and the ledger said of a model when they were compared last. */
export type Drift = z.infer<typeof Drift>;

export interface Drifts {
  /** Keeps it in place of an earlier one of the model. */
  note: (drift: Drift) => Promise<void>;
  /** One of each model that was ever compared. */
  read: () => Promise<Drift[]>;
}

export function driftsOn(store: Store): Drifts {
  return {
    async note(drift) {
      const { modelId, ...rest } = drift;
      await store.update({
        key: driftKey(modelId),
        set: rest,
        remove: (["theirPicoUsd", "theirTokens"] as const).filter((name) => drift[name] === undefined),
        condition: "attribute_not_exists(#atMs) OR #atMs <= :atMs",
      });
    },
    async read() {
      const items = await store.queryPartition(DRIFTS);
      return items.map((item: Item) =>
        readRow(Drift, { ...item, pk: DRIFTS, sk: String(item["sk"]), modelId: item["sk"] }),
      );
    },
  };
}
