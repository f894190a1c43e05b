import type { HostReport, StartOrder } from "../host/protocol.ts";
import { asStartFailure, fromText } from "../start-failure.ts";
import { type Child, startChild } from "./child.ts";
import { environmentOf, type RunningServices, SERVICES, type ServicesOptions } from "./running-services.ts";

const HOST = new URL("../host/main.ts", import.meta.url);
/** More than a slow machine needs; ends a start that hangs. */
const START_TIMEOUT_MS = 60_000;

/** Starts all four services in one process beside this one. @throws StartFailure when one of them does not start. */
export async function startTogether(options: ServicesOptions): Promise<RunningServices> {
  const logFile = options.logFile("services");
  const child = startChild({ name: "services", entry: HOST, environment: options.environment, logFile });
  options.onChild(child);
  const order: StartOrder = { environments: {} as StartOrder["environments"] };
  for (const name of SERVICES) order.environments[name] = environmentOf(name, options);
  child.process.send(order);
  const report = await firstReport(child);
  if (report.kind === "failed") throw fromText(report.message, logFile);
  return { logs: [logFile], failed: child.ended.then((how) => `The services ${how}.`) };
}

function firstReport(child: Child): Promise<HostReport> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(asStartFailure(new Error(`The services were not ready after ${START_TIMEOUT_MS} ms.`))),
      START_TIMEOUT_MS,
    );
    child.process.once("message", (report) => resolve(report as HostReport));
    void child.ended.then((how) => {
      resolve({ kind: "failed", message: child.said().trim() || `The services ${how}.` });
    });
    void child.ended.finally(() => clearTimeout(timer));
    child.process.once("message", () => clearTimeout(timer));
  });
}
