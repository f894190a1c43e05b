import { z } from "zod";
import { BudgetBody } from "../contracts/index.ts";
import { budgetKey } from "./keys.ts";
import { readRow } from "./rows.ts";
import type { Store } from "./store.ts";

/** The budgets that the API was given. Those of the file are not among them. */
export interface StoredBudgets {
  /** All of them, read consistently. */
  list: () => Promise<Map<string, BudgetBody>>;
  /** In place of one of the same id. */
  put: (id: string, body: BudgetBody) => Promise<void>;
  /** False when there is none. */
  remove: (id: string) => Promise<boolean>;
}

const BudgetRow = z.object({ sk: z.string(), body: BudgetBody });

export function storedBudgetsOn(store: Store): StoredBudgets {
  return {
    async list() {
      const items = await store.queryPartition(budgetKey("").pk);
      const rows = items.map((item) => readRow(BudgetRow, item));
      return new Map(rows.map(({ sk, body }) => [sk, body]));
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
