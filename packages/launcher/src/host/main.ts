import { readFileSync } from "node:fs";
import { startClassifier } from "@switchyard/classifier";
import { startCost } from "@switchyard/cost";
import { startIngest } from "@switchyard/ingest";
import { startInvoker } from "@switchyard/invoker";
import type { Running } from "@switchyard/shared/lifecycle";
import { SERVICES, type ServiceName } from "../services/running-services.ts";
import type { HostReport, StartOrder } from "./protocol.ts";

// All four services in one process, apart from the launcher so that a busy emulator or screen delays no job and
// log lines stay off the screen.
const START = { ingest: startIngest, classifier: startClassifier, invoker: startInvoker, cost: startCost };
const running = new Map<ServiceName, Running>();
let isStopping = false;

const report = (message: HostReport) => process.send?.(message);

async function start({ environments }: StartOrder): Promise<void> {
  const startOne = async (name: ServiceName) => {
    const environment = environments[name];
    running.set(name, await START[name]({ environment, readFile: (path) => readFileSync(path, "utf8") }));
  };
  try {
    // The first creates the table; the API opens only when there is somebody to take its jobs.
    await startOne("cost");
    await Promise.all([startOne("classifier"), startOne("invoker")]);
    await startOne("ingest");
    report({ kind: "ready" });
  } catch (error) {
    report({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
}

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  for (const name of SERVICES) await running.get(name)?.stop();
  process.exit(0);
}

// The order may come long after this is loaded, when a Redis must be fetched first: until then only the channel
// keeps this process alive.
process.channel?.ref();
process.once("message", (order) => {
  process.channel?.unref();
  void start(order as StartOrder);
});
process.on("SIGTERM", () => void stop());
process.on("unhandledRejection", (error) => {
  process.stderr.write(`switchyard: unhandled rejection: ${error instanceof Error ? error.stack : error}\n`);
  process.exit(1);
});
