import type { Planted } from "./planted-tree.ts";

/** The rows that docs/architecture.md draws under "Where things are", written down a second time on purpose. */
const ROWS = [
  ["contracts", "errors"],
  ["pipeline", "pricing", "catalogue", "config"],
  ["telemetry", "lifecycle"],
  ["queues", "ledger"],
  ["service"],
];

/** A file with one import, and the rules that must catch it; none: it is allowed. */
export interface PlantedImport extends Planted {
  rules: string[];
}

let count = 0;

/** In `folder`, a new file that imports `module`. */
function planted(folder: string, module: string, ...rules: string[]): PlantedImport {
  count += 1;
  const ending = folder.endsWith("/test") ? ".integration.test.ts" : ".ts";
  return { file: `${folder}/planted-${count}${ending}`, text: `import "${module}";\n`, rules };
}

/** Every concept imports every other one: from below is allowed, from its own row or above is not. */
const rows = ROWS.flatMap((row, own) =>
  row.flatMap((concept) =>
    ROWS.flatMap((others, other) =>
      others
        .filter((name) => name !== concept)
        .map((name) => {
          const service = name === "service" ? ["service-for-services"] : [];
          const rules = other < own ? [] : [`shared-row-${own + 1}`, ...service];
          return planted(`packages/shared/src/${concept}`, `../${name}/index.ts`, ...rules);
        }),
    ),
  ),
);

const borders = [
  planted("services/ingest/src", "../../cost/src/index.ts", "services-apart", "workspace-by-name"),
  planted("services/ingest/src", "@switchyard/cost", "services-apart"),
  planted("packages/testkit/src", "@switchyard/cost", "services-on-top"),
  planted("packages/launcher/src", "@switchyard/cost"),
  planted("packages/cli/src", "@switchyard/cost"),
  planted("packages/cli/src", "@switchyard/shared/service"),
  planted("packages/cli/src", "@switchyard/testkit", "testkit-not-shipped"),
  planted("packages/cli/src", "@switchyard/simulator", "simulator-not-shipped"),
  planted("packages/cli/src", "../../launcher/src/index.ts", "launcher-on-top", "workspace-by-name"),
  planted("packages/launcher/src", "@switchyard/cli", "command-on-top"),
  planted("services/ingest/src", "@switchyard/cli", "command-on-top"),
  planted(
    "services/ingest/src",
    "../../../packages/launcher/src/index.ts",
    "launcher-on-top",
    "workspace-by-name",
  ),
  planted("packages/testkit/src", "@switchyard/shared/service"),
  planted("packages/simulator/src", "@switchyard/shared/service", "service-for-services", "simulator-alone"),
  planted("packages/launcher/src", "@switchyard/shared/service"),
  planted("services/ingest/src", "@switchyard/shared/service"),
  planted("services/ingest/src", "@switchyard/testkit", "testkit-not-shipped"),
  planted("packages/shared/src/ledger", "@switchyard/testkit", "testkit-not-shipped"),
  planted("services/ingest/test", "@switchyard/testkit"),
  planted("packages/launcher/src", "@switchyard/testkit"),
  planted("services/ingest/src", "@switchyard/simulator", "simulator-not-shipped"),
  planted("services/ingest/test", "@switchyard/simulator"),
  planted("packages/simulator/src", "@switchyard/shared/pricing", "simulator-alone"),
  { file: "services/ingest/src/some.test.ts", text: "export const here = 1;\n", rules: [] },
  planted("services/ingest/src", "./some.test.ts", "tests-not-shipped"),
];

const entrances = [
  { file: "packages/shared/src/errors/inner.ts", text: "export const here = 1;\n", rules: [] },
  planted("packages/shared/src/ledger", "../errors/inner.ts", "shared-by-index"),
  planted("services/ingest/src", "@switchyard/shared/errors"),
  planted("services/ingest/src", "@switchyard/shared/errors/inner.ts", "resolvable"),
  planted("services/ingest/src", "../../../packages/shared/src/errors/index.ts", "shared-by-name"),
  planted("services/ingest/src", "../../../packages/shared/src/errors/inner.ts", "shared-by-name"),
  planted("services/ingest/test", "../../../packages/testkit/src/index.ts", "workspace-by-name"),
  planted("services/ingest/test", "../src/index.ts"),
  { file: "packages/shared/src/utils/index.ts", text: "export const here = 1;\n", rules: [] },
  planted("packages/shared/src/ledger", "../utils/index.ts", "shared-by-index", "shared-concepts-known"),
  { file: "services/ingest/src/main.ts", text: "export const here = 1;\n", rules: [] },
  planted("services/ingest/src", "./main.ts", "main-never-imported"),
];

const foreign = [
  planted("packages/shared/src/queues", "bullmq"),
  planted("packages/shared/src/queues", "ioredis"),
  planted("packages/shared/src/service", "bullmq", "redis-ends-in-queues"),
  planted("packages/shared/src/ledger", "ioredis", "redis-ends-in-queues"),
  planted("packages/testkit/src", "ioredis"),
  planted("packages/shared/src/ledger", "@aws-sdk/client-dynamodb"),
  planted("packages/shared/src/queues", "@aws-sdk/client-dynamodb", "dynamodb-ends-in-ledger"),
  planted("packages/shared/src/service", "@aws-sdk/util-dynamodb", "dynamodb-ends-in-ledger"),
  planted("packages/shared/src/telemetry", "prom-client"),
  planted("packages/shared/src/telemetry", "pino"),
  planted("packages/shared/src/telemetry", "@opentelemetry/api"),
  planted("packages/shared/src/telemetry", "bullmq-otel"),
  planted("packages/shared/src/queues", "@opentelemetry/api", "opentelemetry-ends-in-telemetry"),
  planted("packages/shared/src/queues", "bullmq-otel", "opentelemetry-ends-in-telemetry"),
  planted("packages/shared/src/queues", "prom-client", "metrics-and-logs-end-in-telemetry"),
  planted("packages/shared/src/lifecycle", "pino", "metrics-and-logs-end-in-telemetry"),
  planted("packages/shared/src/lifecycle", "node:http"),
  planted("packages/simulator/src", "node:http"),
  planted("packages/testkit/src", "node:http"),
  planted("services/ingest/src", "node:http", "http-server-ends-in-lifecycle"),
  planted("services/ingest/src", "https", "http-server-ends-in-lifecycle"),
  planted("services/invoker/src/providers/openai", "openai"),
  planted("services/invoker/src/providers", "undici"),
  planted("services/invoker/src/providers/bedrock", "@aws-sdk/client-bedrock-runtime"),
  planted("services/invoker/src", "openai", "providers-end-in-adapters"),
  planted("services/invoker/src", "undici", "providers-end-in-adapters"),
  planted("services/invoker/src", "@aws-sdk/client-bedrock-runtime", "providers-end-in-adapters"),
  planted("packages/cli/src", "commander"),
  planted("packages/launcher/src", "commander", "commander-ends-in-the-command", "resolvable"),
  planted("services/ingest/src", "express"),
  planted("services/ingest/src", "helmet"),
  planted("services/cost/src", "express", "express-ends-in-ingest", "resolvable"),
  planted("packages/shared/src/lifecycle", "helmet", "express-ends-in-ingest", "resolvable"),
];

const hygiene = [
  // A circle is reported once, at the file that closes it.
  { file: "services/cost/src/hen.ts", text: 'import "./egg.ts";\n', rules: [] },
  { file: "services/cost/src/egg.ts", text: 'import "./hen.ts";\n', rules: ["no-circle"] },
  planted("services/cost/src", "./nowhere.ts", "resolvable"),
  planted("services/cost/src", "typescript", "declared"),
  planted("services/cost/src", "vitest", "shipped-without-test-tools"),
  planted("services/cost/test", "vitest"),
  planted("packages/shared/src/pricing", "node:fs", "base-and-domain-pure"),
  planted("packages/shared/src/ledger", "node:crypto"),
];

const typeOnly = [
  {
    file: "packages/shared/src/service/type.ts",
    text: 'import type { Redis } from "ioredis";\nexport type Connection = Redis;\n',
    rules: ["redis-ends-in-queues"],
  },
  {
    file: "services/ingest/src/type.ts",
    text: 'import type { IncomingMessage } from "node:http";\nexport type Request = IncomingMessage;\n',
    rules: [],
  },
  {
    file: "services/ingest/src/dynamic.ts",
    text: 'export const load = () => import("@switchyard/cost");\n',
    rules: ["services-apart"],
  },
];

/** Every way round the import rules that we thought of, beside its allowed twin. */
export const PLANTED_IMPORTS: Record<string, readonly PlantedImport[]> = {
  "rows of shared": rows,
  borders,
  entrances,
  "foreign modules": foreign,
  hygiene,
  "types and dynamic imports": typeOnly,
};
