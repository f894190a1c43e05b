// Builds every image, brings the composed system up, sends jobs through its published port, and takes it down
// again: `node scripts/check-compose.mjs [--stand-in]`. With --stand-in it runs on the images of scripts/images/.
// Plain JavaScript: it must start on any Node >= 20.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const standIn = process.argv.includes("--stand-in");
const project = `switchyard-check-${process.pid}`;
const files = standIn ? ["docker-compose.yml", "docker-compose.stand-in.yml"] : ["docker-compose.yml"];
const env = {
  ...process.env,
  // 0 publishes on any free port, so that a system that is already running is not in the way.
  ...{ INGEST_PORT: "0", SIMULATOR_PORT: "0", PROMETHEUS_PORT: "0", GRAFANA_PORT: "0" },
  // Without a terminal to draw on, progress is lines.
  BUILDKIT_PROGRESS: "plain",
};
const PROCESSES = ["ingest", "classifier", "invoker", "cost", "simulator"];
const SERVICES = PROCESSES.filter((name) => name !== "simulator");
const PROMPTS = [
  "What is the capital of Peru?",
  "What is 12.5 % of 3480?",
  "Design a rate limiter and prove it.",
];

/** What `docker …` printed. Every command has an end, so that a hung engine is a failure and not a hang. */
function docker(args, timeoutMs = 60_000) {
  const options = { cwd: root, env, encoding: "utf8", timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 };
  const { status, stdout, stderr, error } = spawnSync("docker", args, options);
  if (status === 0) return stdout.trim();
  const why = error?.message ?? `exit ${status}`;
  throw new Error(`docker ${args.slice(0, 3).join(" ")} …: ${why}\n${`${stdout}${stderr}`.slice(-4_000)}`);
}

function compose(args, timeoutMs) {
  const which = files.flatMap((file) => ["--file", file]);
  return docker(["compose", "--project-name", project, ...which, ...args], timeoutMs);
}

/** `http://127.0.0.1:<port>` of a published port. */
function addressOf(service, port) {
  return `http://${compose(["port", service, String(port)])}`;
}

async function fetchJson(url, init = {}) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) });
  const body = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${body.slice(0, 500)}`);
  return JSON.parse(body);
}

function must(fact, otherwise) {
  if (!fact) throw new Error(otherwise);
}

/** Asks until nothing is thrown any more, or throws what was thrown last. */
async function until(timeoutMs, ask) {
  for (const endMs = Date.now() + timeoutMs; ; ) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > endMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Runs inside an image, and tells what is in it. */
const LOOK = `
  const found = (args) => require("node:child_process").execFileSync("find", args).toString().split("\\n").filter(Boolean);
  const modules = ["/app", "-maxdepth", "8", "-type", "d", "-path", "*/node_modules/*"];
  const tests = ["(", "-name", "*.test.ts", "-o", "-name", "*.test-suite.ts", "-o", "-name", "__fixtures__", ")"];
  const dev = ["vitest", "typescript", "biome", "testcontainers", "dynalite", "testkit"];
  console.log(JSON.stringify({
    uid: process.getuid(),
    nodes: found(["/usr", "/app", "-type", "f", "-name", "node", "-size", "+10000k"]),
    dev: found(modules).filter((path) => dev.includes(path.split("/").at(-1))),
    tests: found(["/app", ...tests]).filter((path) => !path.includes("node_modules")),
    writable: found(["/app", "-maxdepth", "3"]).filter((path) => {
      try { require("node:fs").accessSync(path, 2); return true; } catch { return false; }
    }),
  }));`;

function checkImage(service) {
  const seen = JSON.parse(docker(["run", "--rm", `switchyard/${service}:local`, "node", "-e", LOOK]));
  const faults = [
    [seen.uid === 0, "it runs as root"],
    [seen.nodes.length !== 1, `it holds Node ${seen.nodes.length} times: ${seen.nodes.join(" ")}`],
    [seen.dev.length > 0, `it holds tools of development: ${seen.dev.join(" ")}`],
    [seen.tests.length > 0, `it holds tests: ${seen.tests.join(" ")}`],
    [seen.writable.length > 0, `its process may change its own code: ${seen.writable.join(" ")}`],
  ];
  const found = faults.filter(([isThere]) => isThere).map(([, what]) => what);
  must(found.length === 0, found.join("\n"));
}

function checkPorts() {
  const lines = compose(["ps", "--format", "json"]).split("\n").filter(Boolean);
  const open = lines
    .flatMap((line) => JSON.parse(line).Publishers ?? [])
    .filter((port) => port.PublishedPort > 0);
  must(open.length >= 3, `only ${open.length} ports are published`);
  const foreign = open.filter(({ URL }) => URL !== "127.0.0.1");
  must(foreign.length === 0, `published beyond this machine: ${JSON.stringify(foreign)}`);
}

/** Sends one job per prompt and returns them finished. */
function runJobs() {
  const key = /SEED_API_KEY:-[^:]+:([^}]+)\}/.exec(readFileSync(join(root, "docker-compose.yml"), "utf8"))[1];
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", prefer: "wait=20" };
  const url = `${addressOf("ingest", 8080)}/v1/jobs`;
  const send = (input) => fetchJson(url, { method: "POST", headers, body: JSON.stringify({ input }) });
  return Promise.all(PROMPTS.map(send));
}

async function checkJobs() {
  const jobs = await runJobs();
  for (const job of jobs) {
    must(job.status === "succeeded", `a job is ${job.status}: ${JSON.stringify(job)}`);
    must(job.result?.text, `a job has no answer: ${JSON.stringify(job)}`);
  }
  const bill = await fetchJson(`${addressOf("simulator", 4010)}/bill/summary`);
  const booked = jobs.reduce((sum, job) => sum + picoUsd(job.cost.total_usd), 0n);
  must(booked > 0n, "nothing was booked");
  must(
    booked === BigInt(bill.costPicoUsd),
    `booked ${booked} pico-dollars, but billed were ${bill.costPicoUsd}`,
  );
}

function picoUsd(text) {
  const [whole, fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(12, "0"));
}

async function query(expression) {
  const url = `${addressOf("prometheus", 9090)}/api/v1/query?query=${encodeURIComponent(expression)}`;
  return (await fetchJson(url)).data.result;
}

async function checkScrapes() {
  await until(60_000, async () => {
    // One metric that every process has; its default label says which process it is.
    const result = await query("count by (service) (process_start_time_seconds)");
    const seen = result.map(({ metric }) => metric.service);
    const missing = SERVICES.filter((service) => !seen.includes(service));
    must(missing.length === 0, `Prometheus has nothing from ${missing.join(", ")}`);
  });
}

/** Rules that cannot be evaluated say nothing, and a trial is nothing that anybody should be called for. */
async function checkRules() {
  await until(60_000, async () => {
    const { data } = await fetchJson(`${addressOf("prometheus", 9090)}/api/v1/rules`);
    const rules = data.groups.flatMap((group) => group.rules);
    must(rules.length >= 40, `Prometheus has only ${rules.length} rules`);
    for (const { name, health, lastError, state, labels } of rules) {
      must(health === "ok", `${name}: ${lastError || health}`);
      must(state !== "firing" || labels.severity !== "page", `${name} is firing`);
    }
  });
}

/** Whether a trial has it: there are no budgets in one, and no limits. */
const NEEDS_MORE = /switchyard_(budget|provider_limit)/;

/** Every query of every dashboard, as a test with faults asks them; here it is about the composed Prometheus. */
function dashboardQueries() {
  const folder = join(root, "helm/switchyard/files/dashboards");
  const dashboards = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
  return dashboards.flatMap(({ panels }) =>
    panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({
        title,
        expr: expr
          .replaceAll("$__rate_interval", "1m")
          .replaceAll("$__range", "5m")
          .replaceAll(/"\$(budget|queue|model)"/g, '".*"'),
      })),
    ),
  );
}

async function checkDashboards() {
  const queries = dashboardQueries();
  must(queries.length >= 60, `the dashboards ask only ${queries.length} questions`);
  // Rates need values from before and after something happened.
  await runJobs();
  await until(90_000, async () => {
    for (const { title, expr } of queries) {
      const hasData = (await query(expr)).length > 0;
      must(hasData || NEEDS_MORE.test(expr), `panel "${title}" is empty: ${expr}`);
    }
  });
}

function checkDrain() {
  compose(["stop"], 90_000);
  for (const service of SERVICES) {
    const [id] = compose(["ps", "--all", "--quiet", service]).split("\n");
    const code = docker(["inspect", "--format", "{{.State.ExitCode}}", id]);
    must(code === "0", `${service} ended with ${code}`);
  }
}

function checkNothingIsLeft() {
  compose(["down", "--volumes", "--remove-orphans", "--timeout", "5"], 120_000);
  const label = ["--quiet", "--filter", `label=com.docker.compose.project=${project}`];
  const left = [
    ["ps", "--all"],
    ["volume", "ls"],
    ["network", "ls"],
  ]
    .map((what) => docker([...what, ...label]))
    .join("");
  must(left === "", `left behind: ${left}`);
}

const up = () => compose(["up", "--detach", "--wait", "--wait-timeout", "120"], 150_000);
/** In order; what a check `needs` must have passed, or it is not tried. */
const CHECKS = [
  { name: "the images build", run: () => compose(["build", ...PROCESSES], 600_000) },
  ...PROCESSES.map((service) => ({
    name: `image ${service}: not root, one Node, no tests, no tools, code read-only`,
    needs: "the images build",
    run: () => checkImage(service),
  })),
  { name: "the system comes up healthy", needs: "the images build", run: up },
  { name: "ports are published on 127.0.0.1 only", needs: "the system comes up healthy", run: checkPorts },
  { name: "jobs succeed and are booked as billed", needs: "the system comes up healthy", run: checkJobs },
  { name: "Prometheus scrapes every service", needs: "the system comes up healthy", run: checkScrapes },
  {
    name: "Prometheus evaluates every rule, and nobody is called",
    needs: "Prometheus scrapes every service",
    run: checkRules,
  },
  {
    name: "every panel of the dashboards has data",
    needs: "Prometheus scrapes every service",
    run: checkDashboards,
  },
  { name: "every service drains and ends with 0", needs: "the system comes up healthy", run: checkDrain },
  { name: "taking it down leaves nothing behind", needs: "the images build", run: checkNothingIsLeft },
];

const passed = new Set();
const failed = [];
for (const { name, needs, run } of CHECKS) {
  const startedMs = Date.now();
  try {
    must(needs === undefined || passed.has(needs), `not tried, because this failed: ${needs}`);
    await run();
    passed.add(name);
    console.log(`ok    ${name} (${((Date.now() - startedMs) / 1_000).toFixed(1)} s)`);
  } catch (error) {
    failed.push(name);
    console.log(`FAIL  ${name}\n      ${String(error.message).replaceAll("\n", "\n      ")}`);
    if (needs === "the system comes up healthy" || run === up) console.log(tailOfLogs());
  }
}
if (standIn) console.log("SKIP Grafana: it has no stand-in; its queries were run against Prometheus");
console.log(`${passed.size} passed, ${failed.length} failed${standIn ? ", 1 skipped" : ""}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function tailOfLogs() {
  try {
    return compose(["logs", "--no-color", "--tail", "20"]).replaceAll(/^/gm, "      | ");
  } catch (error) {
    return `      | no logs: ${error.message}`;
  }
}
