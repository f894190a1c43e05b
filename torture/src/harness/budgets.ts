/** A budget in the words of the catalogue, as far as the harness uses them. */
export interface BudgetWish {
  tenant?: string;
  tag?: { name: string; value: string };
  window: "hour" | "day" | "week" | "month";
  /** The window is one of the calendar there; without it, the time of that length that ends now. */
  time_zone?: string;
  limit_usd: string;
}

/** The team whose budget has room for four jobs of the dearest model at a time. */
export const TIGHT_TEAM = "tight";
export const DEAREST_MODEL = "sim-large";

/** Every kind of subject and window; all but the last are so wide that nothing is refused for them. */
export const BUDGETS: Readonly<Record<string, BudgetWish>> = {
  installation: { window: "day", time_zone: "Europe/Berlin", limit_usd: "100000" },
  tenant: { tenant: "tenant", window: "week", limit_usd: "100000" },
  growth: { tag: { name: "team", value: "growth" }, window: "month", time_zone: "UTC", limit_usd: "100000" },
  tight: {
    ...{ tenant: "tenant", tag: { name: "team", value: TIGHT_TEAM } },
    ...{ window: "hour", limit_usd: "0.30" },
  },
};

const HOUR_MS = 3_600_000;
const LENGTH_MS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 168 * HOUR_MS, month: 720 * HOUR_MS };

/** Whether what was spent at one instant counts in the window of another. Of a week of the calendar nothing is known here. */
export function isInWindow({ window, time_zone: timeZone }: BudgetWish, spentMs: number, nowMs: number) {
  if (timeZone === undefined) return nowMs - spentMs < LENGTH_MS[window];
  const format = formatOf(window, timeZone);
  return format.format(spentMs) === format.format(nowMs);
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Writes two instants alike when they are in one window. */
function formatOf(window: BudgetWish["window"], timeZone: string): Intl.DateTimeFormat {
  if (window === "week") throw new Error("the harness knows no weeks of the calendar");
  const name = `${window} ${timeZone}`;
  const parts = { year: "numeric", month: "numeric" } as const;
  const day = window === "month" ? {} : ({ day: "numeric" } as const);
  const hour = window === "hour" ? ({ hour: "numeric" } as const) : {};
  const format = FORMATS.get(name) ?? new Intl.DateTimeFormat("en", { timeZone, ...parts, ...day, ...hour });
  FORMATS.set(name, format);
  return format;
}

/** Whether a call for a tenant and a team counts in a budget. */
export function countsIn({ tenant, tag }: BudgetWish, owner: string, team: string): boolean {
  if (tag !== undefined && (tag.name !== "team" || tag.value !== team)) return false;
  return tenant === undefined || tenant === owner;
}

const DECIMALS = 12;

/** Pico-dollars of an amount as the catalogue writes it. */
export function picoUsd(text: string): bigint {
  const [whole = "", part = ""] = text.split(".");
  return BigInt(whole + part.padEnd(DECIMALS, "0"));
}
