import { fileURLToPath } from "node:url";
import {
  findPrometheus,
  type RunningPrometheus,
  startPrometheus,
  waitFor,
  watchLeaks,
} from "@switchyard/testkit";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import { type System, startSystem } from "./api/system.ts";
import { runMixedLoad } from "./dashboards/load.ts";
import { draw, type Question, questionsOf, readDashboards, variablesOf } from "./dashboards/panels.ts";

afterAll(watchLeaks());

const tools = await findPrometheus();
const dashboards = readDashboards();
const questions = questionsOf(dashboards);

/** What this load may leave at 0, always or each second that somebody looks. Of everything else there is something to see. */
const CALM = [
  "cost / What the shadow model would have saved or added, per hour",
  "cost / Share of input tokens read from the provider's cache",
  "cost / Calls that cost more than was thought possible",
  "cost / Reconciliation: what the provider billed beyond the ledger",
  "cost / Last reconciliation",
  "cost / Budgets that are being looked up",
  "pipeline / Queues that are paused",
  "pipeline / Queued now",
  "pipeline / Age of the oldest job",
  "pipeline / Time to drain",
  "pipeline / Backlog",
  "pipeline / Requests that DynamoDB throttled",
  "pipeline / Redis may drop jobs",
  "pipeline / Jobs whose worker went away",
  "pipeline / Errors between workers and Redis",
  "pipeline / Blocks of the event loop",
  "pipeline / What the sweeper did",
  "providers / Models held back",
  "providers / Odd usages",
];

let system: System | undefined;
let prometheus: RunningPrometheus | undefined;
let fromMs: number;

beforeAll(async () => {
  if ("missing" in tools) return;
  const SWITCHYARD_CONFIG = fileURLToPath(new URL("./dashboards/catalogue.yaml", import.meta.url));
  const environment = { SWITCHYARD_CONFIG, SWEEP_INTERVAL_MS: "500" };
  system = await startSystem({ latencyScale: 0.1, environment });
  const { opsPorts: ports } = system;
  const ruleFiles = [fileURLToPath(new URL("../helm/switchyard/files/rules/*.yaml", import.meta.url))];
  const { prometheus: command } = tools;
  prometheus = await startPrometheus({ command, ports, scrapeIntervalMs: 1_000, ruleFiles });
  fromMs = Date.now();
  const areSeen = async () => (await prometheus?.query("up == 1"))?.length === ports.length;
  await waitFor(areSeen, { timeoutMs: 30_000, intervalMs: 100, what: "services that are scraped" });
  await runMixedLoad(system);
});
afterAll(async () => {
  await prometheus?.stop();
  await system?.stop();
});

/** The Prometheus that has seen the load; without one on this machine the test is skipped, and says why. */
function seen({ skip }: TestContext): RunningPrometheus {
  if (prometheus === undefined) skip("missing" in tools ? tools.missing : "it did not start");
  return prometheus as RunningPrometheus;
}

/** By question: the numbers that would be drawn. */
async function answers(
  running: RunningPrometheus,
  asked: readonly Question[],
): Promise<Map<string, number[]>> {
  const drawn = new Map<string, number[]>();
  for (const question of asked) drawn.set(question.where, await draw(running, question, fromMs));
  return drawn;
}

const whereOf = (drawn: ReadonlyMap<string, number[]>, is: (values: number[]) => boolean) =>
  [...drawn].filter(([, values]) => is(values)).map(([where]) => where);
const isEmpty = (values: number[]) => values.length === 0;
const isFlat = (values: number[]) => values.every((value) => value === 0);
const isCalm = (where: string) => CALM.some((panel) => where.startsWith(`${panel} /`));

test("every query of every panel has data under a load with faults, and more to show than zeros", async (context) => {
  const running = seen(context);
  expect(questions.length).toBeGreaterThan(70);
  let drawn = new Map<string, number[]>();
  const flat = () => whereOf(drawn, isFlat).filter((where) => !isCalm(where));
  const look = async () => {
    drawn = await answers(running, questions);
    return whereOf(drawn, isEmpty).length + flat().length === 0;
  };
  // Some jobs are still under way, and what happened last is scraped within a second.
  await waitFor(look, { timeoutMs: 45_000, intervalMs: 500 }).catch(() => {});
  expect(whereOf(drawn, isEmpty)).toEqual([]);
  expect(flat()).toEqual([]);
});

test("every variable of every dashboard has values to choose from", async (context) => {
  const running = seen(context);
  const variables = variablesOf(dashboards);
  expect(variables.map(({ where }) => where).sort()).toEqual([
    "cost / $budget",
    "pipeline / $queue",
    "providers / $model",
  ]);
  for (const { where, metric, label } of variables) {
    expect(await running.labelValues(metric, label), where).not.toEqual([]);
  }
});

test("panels of a metric that has another name now are seen to be empty", async (context) => {
  const running = seen(context);
  const name = /switchyard_queue_load(?!_)/;
  const renamed = questions
    .filter(({ expression }) => name.test(expression))
    .map((asked) => ({ ...asked, expression: asked.expression.replace(name, "switchyard_queue_length") }));
  const drawn = await answers(running, renamed);
  expect(whereOf(drawn, isEmpty)).toEqual([
    "pipeline / Queued now / queued",
    "pipeline / Load of queues / {{queue}}",
  ]);
});

test("every rule of the chart can be evaluated, and what it records has data", async (context) => {
  const running = seen(context);
  const areEvaluated = async () => (await running.rules()).every(({ health }) => health !== "unknown");
  await waitFor(areEvaluated, { timeoutMs: 15_000, intervalMs: 500, what: "rules that are evaluated" });
  const rules = await running.rules();
  expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
  const recorded = rules.filter(({ type }) => type === "recording");
  expect(recorded.length).toBeGreaterThan(10);
  for (const { name } of recorded) expect(await running.query(name), name).not.toEqual([]);
});

/** Alerts on what this load has, and on what it has not. Whether others have seen anything hangs on the machine. */
const SEEN = ["PriceMissing", "ReconciliationOld"];
const NOT_SEEN = [
  ...[
    "ServiceAbsent",
    "QueueLoadMissing",
    "QueueUnserved",
    "DrainSlow",
    "OldestJobOld",
    "JobsLateFast",
    "JobsLate",
    "JobsLateSlowly",
  ],
  ...[
    "WorkersRefused",
    "KeyRefused",
    "BudgetNotReady",
    "ReconciliationDiffers",
    "LedgerLags",
    "DynamodbThrottles",
  ],
  ...["RedisEvicts", "PoolAtMax", "ScalerErrors", "AutoscalerBlind"],
];

test("alerts have seen what went wrong, and nothing that did not", async (context) => {
  const running = seen(context);
  const alerts = (await running.rules()).filter(({ type }) => type === "alerting");
  const stateOf = (name: string) => alerts.find((alert) => alert.name === `Switchyard${name}`)?.state;
  expect(SEEN.filter((name) => !["pending", "firing"].includes(stateOf(name) ?? ""))).toEqual([]);
  expect(NOT_SEEN.filter((name) => stateOf(name) !== "inactive")).toEqual([]);
});
