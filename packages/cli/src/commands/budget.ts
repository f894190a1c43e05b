import { type Command, Option } from "commander";
import { z } from "zod";
import { askApiFor } from "../api/ask-api.ts";
import { CommandFailure } from "../failure.ts";
import { type Column, renderTable } from "../screen/table.ts";
import type { Context } from "../terminal.ts";
import { mustBeKeyId } from "./key-id.ts";

const ABOUT = "What may be spent, and what is left of it. Setting and deleting need scope admin.";
const SUBJECT = `
A budget is for the jobs that have all that is named of --tenant, --key and
--tag; without any of them for all jobs of the installation. What is set here
replaces a budget of that name whole. One of switchyard.yaml is changed there.`;

export function addBudget(program: Command, context: Context): void {
  const budget = program.command("budget").description(ABOUT);
  budget
    .command("list")
    .description("The budgets that the key may see, with what is spent and reserved now.")
    .option("--json", "as the API answers it")
    .action(({ json }: { json?: boolean }) => list(context, json === true));
  budget
    .command("set")
    .description("Makes a budget, or replaces it.")
    .argument("<id>", "its name")
    .requiredOption("--limit <usd>", "such as 20 or 0.50")
    .addOption(
      new Option("--window <length>", "what the limit is for")
        .choices(["hour", "day", "week", "month"])
        .makeOptionMandatory(),
    )
    .option("--time-zone <zone>", "the window is that of the calendar there (default: it ends now, always)")
    .option("--tenant <tenant>", "whose jobs")
    .option("--key <id>", "the jobs of an API key, by its id")
    .option("--tag <name=value>", "the jobs with a tag")
    .option("--alert-at <percent>", "alert from that part of the limit on")
    .option("--soft", "only alert: nothing is refused or held")
    .addHelpText("after", SUBJECT)
    .action((id: string, options: SetOptions) => set(context, id, options));
  budget
    .command("delete")
    .description("Takes a budget away.")
    .argument("<id>", "its name")
    .action((id: string) => remove(context, id));
}

interface SetOptions {
  limit: string;
  window: string;
  timeZone?: string;
  tenant?: string;
  key?: string;
  tag?: string;
  alertAt?: string;
  soft?: boolean;
}

const amount = z.string().nullable();
const Budget = z.looseObject({
  id: z.string(),
  tenant: z.string().nullable(),
  key: z.string().nullable(),
  tag: z.object({ name: z.string(), value: z.string() }).nullable(),
  window: z.looseObject({
    length: z.string(),
    time_zone: z.string().nullable(),
    resets_at: z.string().nullable(),
  }),
  ...{ limit_usd: z.string(), spent_usd: amount, reserved_usd: amount, left_usd: amount },
  is_alerting: z.boolean(),
  hard_stop: z.boolean(),
  state: z.string(),
});
type Budget = z.infer<typeof Budget>;

async function list(context: Context, isJson: boolean): Promise<void> {
  const answer = await askApiFor(context, z.looseObject({ data: z.array(Budget) }), { path: "/v1/budgets" });
  if (isJson) return context.write(`${JSON.stringify(answer, null, 2)}\n`);
  context.write(budgetsText(answer.data, context.columns));
}

async function set(context: Context, id: string, options: SetOptions): Promise<void> {
  const { limit, window, timeZone, tenant, key, tag, alertAt, soft } = options;
  if (key !== undefined) mustBeKeyId(key);
  const body = {
    ...{ tenant, key, tag: tag === undefined ? undefined : tagOf(tag) },
    ...{ window, time_zone: timeZone, limit_usd: limit },
    alert_at_percent: alertAt === undefined ? undefined : percentOf(alertAt),
    hard_stop: soft !== true,
  };
  const path = `/v1/budgets/${encodeURIComponent(id)}`;
  const budget = await askApiFor(context, Budget, { method: "PUT", path, body });
  context.write(budgetsText([budget], context.columns));
}

async function remove(context: Context, id: string): Promise<void> {
  const path = `/v1/budgets/${encodeURIComponent(id)}`;
  await askApiFor(context, z.looseObject({ deleted: z.literal(true) }), { method: "DELETE", path });
  context.write(`budget ${id} is deleted\n`);
}

function tagOf(text: string): { name: string; value: string } {
  const at = text.indexOf("=");
  if (at < 1) throw new CommandFailure("--tag must be a name and a value, such as team=search");
  return { name: text.slice(0, at), value: text.slice(at + 1) };
}

function percentOf(text: string): number {
  if (!/^\d{1,3}$/.test(text))
    throw new CommandFailure("--alert-at must be a whole number of percent, such as 80");
  return Number(text);
}

const COLUMNS: readonly Column[] = [
  { name: "budget" },
  { name: "for" },
  { name: "per" },
  { name: "limit", align: "decimal" },
  { name: "spent", align: "decimal" },
  { name: "reserved", align: "decimal" },
  { name: "left", align: "decimal" },
  { name: "" },
];

const BUILDING = `building: what was spent is being looked up, which takes some seconds, or Redis cannot
be asked. Until then jobs are accepted, and none is called.
`;

/** A line for each: whose jobs, in which window, and how its money stands. */
function budgetsText(budgets: readonly Budget[], width: number | null): string {
  if (budgets.length === 0) return "no budgets\n";
  const rows = budgets.map((budget) => [
    ...[budget.id, subjectOf(budget), windowOf(budget), budget.limit_usd],
    ...[budget.spent_usd ?? "-", budget.reserved_usd ?? "-", budget.left_usd ?? "-"],
    remarksOf(budget),
  ]);
  const isBuilding = budgets.some(({ state }) => state === "building");
  return `${renderTable(COLUMNS, rows, width)}\nUSD.\n${isBuilding ? BUILDING : ""}`;
}

function subjectOf({ tenant, key, tag }: Budget): string {
  const named = [tenant, key, tag && `${tag.name}=${tag.value}`].filter((one) => one !== null);
  return named.join(" ") || "all jobs";
}

function windowOf({ window }: Budget): string {
  return window.time_zone === null ? window.length : `${window.length}, ${window.time_zone}`;
}

function remarksOf({ is_alerting: isAlerting, hard_stop: isHard, state }: Budget): string {
  const remarks = [isAlerting ? "alert" : "", isHard ? "" : "soft", state === "ready" ? "" : state];
  return remarks.filter((one) => one !== "").join(", ");
}
