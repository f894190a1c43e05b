import { z } from "zod";
import { BudgetBody, isTimeZone } from "../contracts/index.ts";
import { budgetKey } from "./keys.ts";
import { readRow } from "./rows.ts";
import type { Store } from "./store.ts";

/** The budgets that the API was given. Those of the file are not among them. */
export interface StoredBudgets {
  /** All of them, by their ids, read consistently. */
  list: () => Promise<{ bodies: Map<string, BudgetBody>; unreadable: Map<string, StoredSubject> }>;
  /** In place of one of the same id. */
  put: (id: string, body: BudgetBody) => Promise<void>;
  /** False when there is none. */
  remove: (id: string) => Promise<boolean>;
}

/** As much of a budget as says which jobs it is for. */
export type StoredSubject = Pick<BudgetBody, "tenant" | "key" | "tag">;

const BudgetRow = z.object({ sk: z.string(), body: z.unknown() });

const { tenant, key, tag } = BudgetBody.shape;

/** Settings that a later release knows are no reason to know nothing. */
const StoredBody = z
  .object(BudgetBody.shape)
  .refine(({ time_zone: zone }) => zone === undefined || isTimeZone(zone));

/** Of what cannot be read whole. What is not understood excludes no job. */
const Subject = z
  .object({ tenant: tenant.catch(undefined), key: key.catch(undefined), tag: tag.catch(undefined) })
  .catch({});

export function storedBudgetsOn(store: Store): StoredBudgets {
  return {
    async list() {
      const items = await store.queryPartition(budgetKey("").pk);
      const bodies = new Map<string, BudgetBody>();
      const unreadable = new Map<string, StoredSubject>();
      for (const { sk: id, body } of items.map((item) => readRow(BudgetRow, item))) {
        const read = StoredBody.safeParse(body);
        if (read.success) bodies.set(id, read.data);
        else unreadable.set(id, Subject.parse(body));
      }
      return { bodies, unreadable };
    },
    async put(id, body) {
      // Not gathered: of two puts of one id in a batch it must be the later one that stays.
      await store.update({
        key: budgetKey(id),
        set: { body },
        condition: ":any = :any",
        values: { ":any": 1 },
      });
    },
    remove: (id) => store.remove(budgetKey(id)),
  };
}
