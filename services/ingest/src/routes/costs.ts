import { type Catalogue, nearestName } from "@switchyard/shared/catalogue";
import type { Response } from "express";
import { z } from "zod";
import { costLineReader } from "../cost-lines.ts";
import { costRows, costsCsv, type Grouping, groupingsWith } from "../costs.ts";
import { checked } from "../http/json-body.ts";
import type { ApiRequest, Route } from "../http/request-context.ts";
import { daysIn, hoursOf, periodQuery, tenantFor, wrong } from "./period.ts";

/** Nobody reads more, and more would have to be held at once. */
const MAX_ROWS = 10_000;
/** Every group there may be fits: three tags with names of 64 characters. */
const MAX_GROUP_BY = 300;

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
    ...periodQuery,
  });
}

function unknownGroup(name: string, names: readonly Grouping[]): string {
  const near = nearestName(name, names);
  if (near !== null) return `unknown group "${name}" (did you mean ${near}?)`;
  const hint = name.startsWith("tag:") ? "; list it under tags in switchyard.yaml, and restart" : "";
  return `unknown group "${name}" (known are ${names.join(", ")}${hint})`;
}

/** What was spent and saved, from the totals alone: no job is read for it. */
export function costsRoute({ catalogue }: { catalogue: Catalogue }): Route {
  const read = costLineReader();
  const query = costsQuery(catalogue.tags);

  async function handle({ http, caller, within: { ledger } }: ApiRequest, response: Response): Promise<void> {
    const { group_by: groupings, tenant, from, to } = checked(query, http.query);
    const hours = hoursOf({ from, to, nowMs: ledger.now() });
    const by = groupings.includes("hour") ? "hour" : "day";
    const search = { tenant: tenantFor(caller, tenant), days: daysIn(hours), hours, by } as const;
    const lines = await read(ledger, search);
    const rows = costRows(lines, groupings);
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

function isDistinct(names: readonly Grouping[]): boolean {
  return new Set(names).size === names.length;
}
