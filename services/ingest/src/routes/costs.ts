import { type Catalogue, nearestName } from "@switchyard/shared/catalogue";
import { SwitchyardError } from "@switchyard/shared/errors";
import type { Response } from "express";
import { z } from "zod";
import type { Caller } from "../access.ts";
import { TENANT } from "../access-key.ts";
import { costLineReader } from "../cost-lines.ts";
import { costRows, costsCsv, dayOf, type Grouping, groupingsWith } from "../costs.ts";
import { placeOf } from "../find-jobs.ts";
import { checked, invalid } from "../http/json-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;
const MAX_DAYS = 92;
/** Nobody reads more, and more would have to be held at once. */
const MAX_ROWS = 10_000;
/** Every group there may be fits: three tags with names of 64 characters. */
const MAX_GROUP_BY = 300;

/** A UTC day, or an instant, whose hour it stands for. */
const moment = z.string().refine(isMoment, "must be a day such as 2026-01-31, or an RFC 3339 instant");

function costsQuery(tags: readonly string[]) {
  const names = groupingsWith(tags);
  const grouping = z.enum(names, { error: ({ input }) => unknownGroup(String(input), names) });
  return z.strictObject({
    group_by: z
      .string()
      .max(MAX_GROUP_BY)
      .transform((text) => text.split(","))
      .pipe(z.array(grouping).refine(isDistinct, "names a group twice"))
      .default(["day"]),
    tenant: z.string().regex(TENANT, "must be the name of a tenant").optional(),
    from: moment.optional(),
    to: moment.optional(),
  });
}

function unknownGroup(name: string, names: readonly Grouping[]): string {
  const near = nearestName(name, names);
  return `unknown group "${name}" (${near === null ? `known are ${names.join(", ")}` : `did you mean ${near}?`})`;
}

/** What was spent and saved, from the totals alone: no job is read for it. */
export function costsRoute({ catalogue }: { catalogue: Catalogue }): Route {
  const read = costLineReader();
  const query = costsQuery(catalogue.tags);

  async function handle({ http, caller, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const { group_by: groupings, tenant, from, to } = checked(query, http.query);
    const hours = hoursOf({ from, to, nowMs: ledger.now() });
    const lines = await read(ledger, { tenant: tenantFor(caller, tenant), days: daysIn(hours) });
    const wanted = lines.filter(({ hour }) => hours.first <= hour && hour <= hours.last);
    const rows = costRows(wanted, groupings);
    if (rows.length > MAX_ROWS) {
      throw wrong("group_by", "too_big", `gives ${rows.length} rows; at most ${MAX_ROWS} are answered`);
    }
    response.setHeader("Cache-Control", "private, no-cache");
    response.setHeader("Vary", "Accept");
    if (http.accepts(["application/json", "text/csv"]) === "text/csv") {
      response.type("text/csv").send(costsCsv(rows, groupings));
    } else response.json({ object: "list", data: rows });
  }

  return { method: "get", path: "/v1/costs", scope: "jobs:read", body: null, hasQuery: true, handle };
}

/**
 * Whose costs a caller sees: its own, as an admin those of whom it names, or of all.
 * @throws SwitchyardError SCOPE_MISSING for another tenant, whether or not there is such a one.
 */
function tenantFor({ tenant: own, scopes }: Caller, named: string | undefined): string | null {
  if (scopes.includes("admin")) return named ?? null;
  if (named === undefined || named === own) return own;
  throw new SwitchyardError("SCOPE_MISSING", "the costs of another tenant need a key with the scope admin");
}

/** The first and the last hour that are asked for, both inclusive. */
interface Hours {
  first: string;
  last: string;
}

function hoursOf({
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

function daysIn({ first, last }: Hours): string[] {
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

function isDistinct(names: readonly Grouping[]): boolean {
  return new Set(names).size === names.length;
}

function wrong(path: string, code: string, detail: string) {
  return invalid([{ path, code, detail }]);
}
