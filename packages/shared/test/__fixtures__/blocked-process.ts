import { createLifecycle, startOperations, watchEventLoop } from "../../src/lifecycle/index.ts";
import { createMetrics } from "../../src/telemetry/index.ts";

const quiet = { info: () => {}, warn: () => {}, error: () => {}, fatal: () => {} };
const tell = (fact: object) => process.stdout.write(`${JSON.stringify(fact)}\n`);
const watch = watchEventLoop({ problemMs: 3_000, onBlock: tell });
const operations = await startOperations({
  host: "127.0.0.1",
  port: 0,
  registry: createMetrics("test").registry,
  lifecycle: createLifecycle(quiet, 1_000),
  log: quiet,
  liveness: { eventLoop: watch.problem },
  internalRoutes: {
    async "POST /block"(body) {
      const endsAtMs = performance.now() + (body as { timeMs: number }).timeMs;
      while (performance.now() < endsAtMs);
      return {};
    },
  },
});
tell({ port: operations.port });
