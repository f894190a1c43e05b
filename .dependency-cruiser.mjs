// Who may import whom: "Where things are" in docs/architecture.md, as rules. scripts/import-rules/ plants a violation
// of each and demands that it is seen. Run by `npm run check`.

/** The rows of packages/shared, from the bottom up: a concept imports only from rows below its own. */
const ROWS = [
  ["contracts", "errors"],
  ["pipeline", "pricing", "catalogue", "config", "consultation", "budgets"],
  ["telemetry", "lifecycle"],
  ["queues", "ledger"],
  ["service"],
];
const CONCEPTS = ROWS.flat().join("|");

const SHARED = "^packages/shared/src/";
const TEST_FILE = "\\.(test|test-suite)\\.ts$";
/** Code that never ships: it may start servers and look at them with their own clients. */
const NOT_SHIPPED = [
  "^packages/testkit/",
  "^(test|bench|torture|training|scripts|deploy)/",
  "/(test|__fixtures__)/",
  TEST_FILE,
];

const rowRules = ROWS.slice(0, -1).map((row, index) => ({
  name: `shared-row-${index + 1}`,
  comment: "A concept imports only from rows below it, never sideways.",
  severity: "error",
  from: { path: `${SHARED}(${row.join("|")})/` },
  to: { path: `${SHARED}(${ROWS.slice(index).flat().join("|")})/`, pathNot: `${SHARED}$1/` },
}));

/** A foreign module and the only shipped code that may know it; everything else sees our own words. */
function endsIn(name, modules, { home, ...to }) {
  return {
    name,
    comment: `Only ${home} knows ${modules}.`,
    severity: "error",
    from: { pathNot: [...NOT_SHIPPED, home] },
    to: { path: `(^|node_modules/)(${modules})($|/)`, ...to },
  };
}

const foreignRules = [
  endsIn("redis-ends-in-queues", "bullmq|ioredis", { home: `${SHARED}queues/` }),
  endsIn("dynamodb-ends-in-ledger", "@aws-sdk/(client-dynamodb[a-z-]*|lib-dynamodb|util-dynamodb)", {
    home: `${SHARED}ledger/`,
  }),
  endsIn("metrics-and-logs-end-in-telemetry", "prom-client|pino", { home: `${SHARED}telemetry/` }),
  endsIn("opentelemetry-ends-in-telemetry", "@opentelemetry/[a-z-]+|bullmq-otel", {
    home: `${SHARED}telemetry/`,
  }),
  endsIn("http-server-ends-in-lifecycle", "(node:)?http[s2]?", {
    home: `${SHARED}lifecycle/|^packages/simulator/`,
    // Node's own names for a request's shape open nothing.
    dependencyTypesNot: ["type-only"],
  }),
  endsIn("providers-end-in-adapters", "openai|undici|@aws-sdk/client-bedrock[a-z-]*", {
    home: "^services/invoker/src/providers/",
  }),
  endsIn("commander-ends-in-the-command", "commander", { home: "^packages/cli/src/" }),
  endsIn("express-ends-in-ingest", "express|helmet", { home: "^services/ingest/src/" }),
];

const borders = [
  {
    name: "services-apart",
    comment: "Services meet in queues and rows, never in code.",
    severity: "error",
    from: { path: "^services/([^/]+)/" },
    to: { path: "^services/", pathNot: "^services/$1/" },
  },
  {
    name: "services-on-top",
    comment: "Only the launcher, the command and what runs whole systems may import a service.",
    severity: "error",
    from: { path: "^packages/", pathNot: "^packages/(launcher|cli)/" },
    to: { path: "^services/" },
  },
  {
    name: "launcher-on-top",
    severity: "error",
    from: { pathNot: ["^packages/launcher/", "^(test|bench|torture)/"] },
    to: { path: "^packages/launcher/" },
  },
  {
    name: "command-on-top",
    severity: "error",
    from: { pathNot: ["^packages/cli/", "^test/"] },
    to: { path: "^packages/cli/" },
  },
  {
    name: "service-for-services",
    comment:
      "The composition of a service is for services, for what starts them, and for the command beside them.",
    severity: "error",
    from: { pathNot: [`${SHARED}service/`, "^packages/(launcher|cli)/", "^services/", ...NOT_SHIPPED] },
    to: { path: `${SHARED}service/` },
  },
  {
    name: "testkit-not-shipped",
    severity: "error",
    from: { path: "^(packages/(shared|cli)|services/[^/]+)/", pathNot: NOT_SHIPPED },
    to: { path: "^packages/testkit/" },
  },
  {
    name: "simulator-not-shipped",
    severity: "error",
    from: { path: "^(packages/(shared|cli)|services/[^/]+)/", pathNot: NOT_SHIPPED },
    to: { path: "^packages/simulator/" },
  },
  {
    name: "tests-not-shipped",
    severity: "error",
    from: { path: "/src/", pathNot: NOT_SHIPPED },
    to: {
      path: [
        "^(packages|services)/[^/]+/test/",
        "^(test|bench|torture|training)/",
        "/__fixtures__/",
        TEST_FILE,
      ],
    },
  },
  {
    name: "simulator-alone",
    comment: "Its bill is the witness against our ledger, so it shares no code with us.",
    severity: "error",
    from: { path: "^packages/simulator/src/" },
    to: { path: "^(packages|services)/", pathNot: "^packages/simulator/" },
  },
];

const entrances = [
  {
    name: "shared-by-index",
    comment: "Another concept is entered through its index.ts alone.",
    severity: "error",
    from: { path: `${SHARED}([^/]+)/` },
    to: { path: SHARED, pathNot: [`${SHARED}$1/`, `${SHARED}(${CONCEPTS})/index\\.ts$`] },
  },
  {
    name: "shared-by-name",
    comment: "From outside, shared is `@switchyard/shared/<concept>`, never a path.",
    severity: "error",
    from: { pathNot: "^packages/shared/" },
    to: { path: "^packages/shared/", dependencyTypes: ["local"] },
  },
  {
    name: "workspace-by-name",
    comment: "From outside, a workspace is its package name, never a path.",
    severity: "error",
    from: { path: "^(packages|services)/([^/]+)/" },
    to: {
      path: "^(packages|services)/",
      pathNot: ["^$1/$2/", "^packages/shared/"],
      dependencyTypes: ["local"],
    },
  },
  {
    name: "shared-concepts-known",
    comment: "A new folder of shared gets its row here first.",
    severity: "error",
    from: {},
    to: { path: SHARED, pathNot: `${SHARED}(${CONCEPTS})/` },
  },
  {
    name: "main-never-imported",
    comment: "main.ts reads the environment and starts a process; importing must do neither.",
    severity: "error",
    from: {},
    to: { path: "/src/main\\.ts$" },
  },
];

const hygiene = [
  { name: "no-circle", severity: "error", from: {}, to: { circular: true } },
  { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  {
    name: "declared",
    comment: "What is imported stands in the package.json of its own workspace.",
    severity: "error",
    from: {},
    // The tools of every test are declared once, at the root.
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"], pathNot: "node_modules/(vitest|fast-check)/" },
  },
  {
    name: "shipped-without-test-tools",
    severity: "error",
    from: { path: "/src/", pathNot: NOT_SHIPPED },
    to: { path: "node_modules/(vitest|fast-check)/" },
  },
  {
    name: "base-and-domain-pure",
    comment: "Rows 1 and 2 compute; files, sockets and processes belong to rows above.",
    severity: "error",
    from: { path: `${SHARED}(${[...ROWS[0], ...ROWS[1]].join("|")})/`, pathNot: TEST_FILE },
    to: { dependencyTypes: ["core"] },
  },
];

export default {
  forbidden: [...rowRules, ...borders, ...entrances, ...foreignRules, ...hygiene],
  options: {
    // Type-only imports count: a type, too, is knowledge of a neighbour.
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // What runs inside an image finds its modules there, not here.
    exclude: { path: "^scripts/images/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
    },
  },
};
