import { formatUsd, parseUsd } from "@switchyard/shared/pricing";
import { type Command, Option } from "commander";
import { z } from "zod";
import { askApi, askApiFor } from "../api/ask-api.ts";
import { type Column, renderTable } from "../screen/table.ts";
import type { Context } from "../terminal.ts";

interface CostOptions {
  groupBy?: string;
  from?: string;
  to?: string;
  tenant?: string;
  format: "table" | "csv" | "json";
}

export function addCost(program: Command, context: Context): void {
  program
    .command("cost")
    .description("What was spent and saved, from the totals of the ledger. Needs scope jobs:read.")
    .option(
      "--group-by <names>",
      "of hour, day, model, provider, class, key, tenant, tag:<name> (default: day)",
    )
    .option("--from <day>", "a UTC day, or an RFC 3339 instant (default: 30 days up to now)")
    .option("--to <day>", "the last one, inclusive")
    .option("--tenant <tenant>", "of one tenant; another than the key's own needs scope admin")
    .addOption(new Option("--format <format>").choices(["table", "csv", "json"]).default("table"))
    .action((options: CostOptions) => cost(context, options));
}

async function cost(context: Context, { groupBy, format, ...options }: CostOptions): Promise<void> {
  const request = { path: "/v1/costs", query: { ...options, group_by: groupBy } };
  if (format === "csv") context.write(await askApi(context, { ...request, accept: "text/csv" }));
  else {
    const answer = await askApiFor(context, CostList, request);
    if (format === "json") context.write(`${JSON.stringify(answer, null, 2)}\n`);
    else context.write(costText(answer.data, context.columns));
  }
}

const CostRow = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
type CostRow = z.infer<typeof CostRow>;
const CostList = z.object({ object: z.literal("list"), data: z.array(CostRow) });

/** What is told by every table, and what is told only where it is not 0 throughout. */
const MONEY = ["spend_usd", "baseline_usd", "net_saved_usd"];
const RARE = ["classifier_usd", "retry_usd", "unpriced_jobs", "at_risk_usd"];
const MEASURES = new Set(["jobs", ...MONEY, ...RARE]);

/** Groups in the order asked for, their money, and the sum of all; columns without anything are named beneath. */
export function costText(rows: readonly CostRow[], width: number | null): string {
  const [first] = rows;
  if (first === undefined) return "no costs in that time\n";
  const groups = Object.keys(first).filter((name) => !MEASURES.has(name));
  const empty = RARE.filter((name) => rows.every((row) => String(row[name] ?? "0") === "0"));
  const measures = ["jobs", ...MONEY, ...RARE].filter((name) => !empty.includes(name));
  const columns: Column[] = [
    ...groups.map((name) => ({ name })),
    ...measures.map((name) => ({
      name: titleOf(name),
      align: isMoney(name) ? ("decimal" as const) : ("right" as const),
    })),
  ];
  const cells = rows.map((row) => [...groups, ...measures].map((name) => String(row[name] ?? "-")));
  const sums = groups.map((_, index) => (index === 0 ? "all" : ""));
  if (rows.length > 1) cells.push([...sums, ...measures.map((name) => sumOf(rows, name))]);
  const none = empty.length === 0 ? "" : ` 0 in every row: ${empty.map(titleOf).join(", ")}.`;
  return `${renderTable(columns, cells, width)}\nUSD, UTC.${none}\n`;
}

/** Whole jobs, or money as the exact decimal that it is. */
function sumOf(rows: readonly CostRow[], name: string): string {
  if (!isMoney(name)) return String(rows.reduce((sum, row) => sum + BigInt(row[name] ?? 0), 0n));
  return formatUsd(rows.reduce((sum, row) => sum + parseUsd(String(row[name] ?? "0")), 0n));
}

function isMoney(name: string): boolean {
  return name.endsWith("_usd");
}

function titleOf(name: string): string {
  return name.replace(/_usd$/, "");
}
