import { z } from "zod";
import { SUBMIT_LIMITS, UsdAmount } from "./submit.ts";
import { isWholeInKey } from "./tag-value.ts";

/** Bounds of budgets, stated in the references of the file and of the API. */
export const BUDGET_LIMITS = {
  /** Of an installation: those of the file and those of the API together. */
  count: 500,
} as const;

export const WINDOW_LENGTHS = ["hour", "day", "week", "month"] as const;
export type WindowLength = (typeof WINDOW_LENGTHS)[number];

/** As the id of a provider or a model: safe as a key of Redis, a metric label and a URL segment. */
export const BudgetId = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{0,62}$/,
    "must be 1 to 63 of a-z, 0-9, dot and hyphen, and start with a letter or a digit",
  );

const MAX_LIMIT = /^(\d{1,6}(\.\d+)?|1000000(\.0+)?)$/;

const tag = {
  name: z.string().min(1, "must not be empty").max(SUBMIT_LIMITS.metadataKeyLength),
  /** Jobs have a longer one in its short form, which it would never be equal to. */
  value: z
    .string()
    .min(1, "must not be empty")
    .refine(isWholeInKey, "must be at most 128 bytes; of a longer one give what GET /v1/costs shows for it"),
};

const fields = {
  /** Whose jobs it is for: those that have all that is named; without any, all jobs of the installation. */
  tenant: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "must be the name of a tenant")
    .optional(),
  /** The id of an API key. A whole one would be a secret that everybody who sees the budget sees. */
  key: z
    .string()
    .min(1, "must not be empty")
    .regex(/^(?!sk-sy-)/, { error: "give its id, never a whole key", abort: true })
    .max(64)
    .optional(),
  tag: z.strictObject(tag).optional(),
  window: z.enum(WINDOW_LENGTHS, { error: `must be one of ${WINDOW_LENGTHS.join(", ")}` }),
  /** Present: the window is that of the calendar there; absent: it ends now, always. */
  time_zone: z.string().min(1, "must not be empty").max(64).optional(),
  limit_usd: UsdAmount.refine((limit) => MAX_LIMIT.test(limit), { message: "must be at most 1000000" }),
  /** Percent of the limit from which on the budget alerts. */
  alert_at_percent: z.int().min(1, "must be at least 1").max(100, "must be at most 100").optional(),
  /** False: it only alerts. */
  hard_stop: z.boolean().default(true),
};

/** A budget as `switchyard.yaml` and the API say it. Whether there is such a time zone is for `isTimeZone` to say. */
export const BudgetBody = z.strictObject(fields);
export type BudgetBody = z.infer<typeof BudgetBody>;

/** Every setting of a budget, and of the tag in it, for "did you mean". */
export const BUDGET_NAMES = { budget: Object.keys(fields), tag: Object.keys(tag) } as const;

/** Whether the platform's data know the time zone, by its name in the IANA data base or an alias of it. */
export function isTimeZone(name: string): boolean {
  // An offset such as +02:00 is no place: its clocks are never set.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
