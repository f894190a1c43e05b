import { z } from "zod";
import { BudgetBody, isTimeZone } from "../contracts/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import { budgetKey } from "./keys.ts";
import { readRow } from "./rows.ts";
import type { Store } from "./store.ts";

/** The budgets that the API was given. Those of the file are not among them. */
export interface StoredBudgets {
  /** All of them, by their ids, read consistently. */
  list: () => Promise<{ bodies: Map<string, StoredBudget>; unreadable: Map<string, StoredSubject> }>;
  /** In place of one of the same id. Answers since when it is what it is. */
  put: (id: string, body: BudgetBody) => Promise<number>;
  /** False when there is none. */
  remove: (id: string) => Promise<boolean>;
}

/**
 * With the instant from which on there is a budget of that id for those jobs and times: a later one when it was deleted
 * and set again, so that nobody takes the one for the other.
 */
export type StoredBudget = BudgetBody & { sinceMs?: number | undefined };

/** As much of a budget as says which jobs it is for. */
export type StoredSubject = Pick<BudgetBody, "tenant" | "key" | "tag">;

const BudgetRow = z.object({ sk: z.string(), body: z.unknown(), sinceMs: z.number().optional() });

const { tenant } = BudgetBody.shape;
/** What is refused by now may be stored, and one that could not be read would stop every job that it may be for. */
const key = z.string().optional();
const tag = z.strictObject({ name: z.string(), value: z.string() }).optional();

/** Settings that a later release knows are no reason to know nothing. */
const StoredBody = z
  .object({ ...BudgetBody.shape, key, tag })
  .refine(({ time_zone: zone }) => zone === undefined || isTimeZone(zone));

/** Of what cannot be read whole. What is not understood excludes no job. */
const Subject = z
  .object({ tenant: tenant.catch(undefined), key: key.catch(undefined), tag: tag.catch(undefined) })
  .catch({});

/** Whoever loses a race with another change looks again at once, so often. */
const MAX_ROUNDS = 10;

export function storedBudgetsOn(store: Store, now: () => number): StoredBudgets {
  return {
    async list() {
      const items = await store.queryPartition(budgetKey("").pk);
      const bodies = new Map<string, StoredBudget>();
      const unreadable = new Map<string, StoredSubject>();
      for (const { sk: id, body, sinceMs } of items.map((item) => readRow(BudgetRow, item))) {
        const read = StoredBody.safeParse(body);
        if (read.success) bodies.set(id, { ...read.data, sinceMs });
        else unreadable.set(id, Subject.parse(body));
      }
      return { bodies, unreadable };
    },
    async put(id, body) {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const item = await store.get(budgetKey(id));
        const seen = item === null ? null : readRow(BudgetRow, item);
        const sinceMs = sinceOf(seen, body) ?? Math.max(now(), (seen?.sinceMs ?? 0) + 1);
        const condition = seen?.sinceMs === undefined ? "attribute_not_exists(#sinceMs)" : "#sinceMs = :seen";
        const values = seen?.sinceMs === undefined ? {} : { ":seen": seen.sinceMs };
        if (await store.update({ key: budgetKey(id), set: { body, sinceMs }, condition, values }))
          return sinceMs;
      }
      throw new SwitchyardError("ROW_CONFLICT", "the budget changes too fast; try again");
    },
    remove: (id) => store.remove(budgetKey(id)),
  };
}

/** Another limit makes no other budget. */
function sinceOf(seen: z.infer<typeof BudgetRow> | null, body: BudgetBody): number | undefined {
  const before = StoredBody.safeParse(seen?.body);
  return before.success && aboutOf(before.data) === aboutOf(body) ? seen?.sinceMs : undefined;
}

/** Whose jobs it counts, and when. */
function aboutOf({ tenant, key, tag, window, time_zone: zone }: BudgetBody): string {
  return JSON.stringify([tenant, key, tag?.name, tag?.value, window, zone]);
}
