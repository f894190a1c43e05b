import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const SERVICES = ["ingest", "classifier", "invoker", "cost"];

/** Modules of OpenTelemetry, but for its API, which prom-client loads, that a process loads which has loaded every service and opened its traces. */
async function loadedWith(environment: Record<string, string>): Promise<string[]> {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = new Set();
    registerHooks({
      resolve(name, context, next) {
        const found = next(name, context);
        const module = /node_modules\\/(@opentelemetry\\/[^/]+|bullmq-otel)\\//.exec(found.url)?.[1];
        if (module !== undefined && module !== "@opentelemetry/api") loaded.add(module);
        return found;
      },
    });
    for (const name of ${JSON.stringify(SERVICES)}) await import("@switchyard/" + name);
    const { baseSettings, readEnvironment } = await import("@switchyard/shared/config");
    const { createLogger, openTracing } = await import("@switchyard/shared/telemetry");
    const config = readEnvironment(baseSettings, { environment: process.env, readFile: () => "" });
    const tracing = await openTracing("ingest", config, createLogger("ingest", "silent"));
    console.log(JSON.stringify([...loaded]));
    await tracing.close();
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    env: { REDIS_URL: "redis://127.0.0.1:6379", ...environment },
  });
  return JSON.parse(stdout) as string[];
}

test("OpenTelemetry is loaded where an exporter is configured, and only there", async () => {
  expect(await loadedWith({})).toEqual([]);
  const exporter = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" };
  expect(await loadedWith(exporter)).toEqual(
    expect.arrayContaining(["@opentelemetry/sdk-trace", "bullmq-otel"]),
  );
});
