import { SwitchyardError } from "@switchyard/shared/errors";
import { z } from "zod";
import type { Caller } from "../access.ts";
import { TENANT } from "../access-key.ts";
import { dayOf } from "../costs.ts";
import { placeOf } from "../find-jobs.ts";
import { invalid } from "../http/json-body.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 92;

/** A UTC day, or an instant, whose hour it stands for. */
const moment = z.string().refine(isMoment, "must be a day such as 2026-01-31, or an RFC 3339 instant");

/** Whose money is asked for, and of what time. */
export const periodQuery = {
  tenant: z.string().regex(TENANT, "must be the name of a tenant").optional(),
  from: moment.optional(),
  to: moment.optional(),
};

/**
 * Whose costs a caller sees: its own, as an admin those of whom it names, or of all.
 * @throws SwitchyardError SCOPE_MISSING for another tenant, whether or not there is such a one.
 */
export function tenantFor({ tenant: own, scopes }: Caller, named: string | undefined): string | null {
  if (scopes.includes("admin")) return named ?? null;
  if (named === undefined || named === own) return own;
  throw new SwitchyardError("SCOPE_MISSING", "the costs of another tenant need a key with the scope admin");
}

/** The first and the last hour that are asked for, both inclusive. */
export interface Hours {
  first: string;
  last: string;
}

export function hoursOf({
  from,
  to,
  nowMs,
}: {
  from?: string | undefined;
  to?: string | undefined;
  nowMs: number;
}): Hours {
  const last = hourOf(to, "23") ?? hourAt(nowMs);
  const lastDayMs = Date.parse(dayOf(last));
  const first = hourOf(from, "00") ?? hourAt(Math.max(0, lastDayMs - (DEFAULT_DAYS - 1) * DAY_MS));
  if (first > last) throw wrong("from", "invalid_value", "must not be after to");
  if (lastDayMs - Date.parse(dayOf(first)) >= MAX_DAYS * DAY_MS) {
    throw wrong("from", "too_big", `must be within ${MAX_DAYS} days of to`);
  }
  return { first, last };
}

/** A day stands for its first or its last hour. */
function hourOf(text: string | undefined, ofDay: "00" | "23"): string | undefined {
  return text && hourAt(placeOf(isDay(text) ? `${text}T${ofDay}:00:00Z` : text));
}

export function daysIn({ first, last }: Hours): string[] {
  const days: string[] = [];
  for (let ms = Date.parse(dayOf(first)); ms <= Date.parse(dayOf(last)); ms += DAY_MS)
    days.push(dayOf(hourAt(ms)));
  return days;
}

function hourAt(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-01-31T23".length);
}

function isDay(text: string): boolean {
  return z.iso.date().safeParse(text).success;
}

function isMoment(text: string): boolean {
  return isDay(text) || z.iso.datetime({ offset: true }).safeParse(text).success;
}

/** @returns the error of one parameter. */
export function wrong(path: string, code: string, detail: string) {
  return invalid([{ path, code, detail }]);
}
