import type { HostReport, StartOrder } from "../host/protocol.ts";
import { fromText, StartFailure } from "../start-failure.ts";
import { type Child, startChild } from "./child.ts";
import {
  type Environment,
  environmentOf,
  type RunningServices,
  SERVICES,
  type ServiceName,
  type ServicesOptions,
} from "./running-services.ts";

const HOST = new URL("../host/main.ts", import.meta.url);
/** More than a slow machine needs; ends a start that hangs. */
const START_TIMEOUT_MS = 60_000;

/**
 * The process for all four services: it loads their code at once and waits to be told what they work with. Its own
 * environment holds what foreign clients read by themselves, such as AWS credentials.
 */
export function openHost(environment: Environment, logFile: string): Child {
  return startChild({ name: "services", entry: HOST, environment, logFile });
}

/** Starts all four services in the host. @throws StartFailure when one of them does not start. */
export async function startTogether(
  host: Child,
  logFile: string,
  options: Pick<ServicesOptions, "environment" | "opsPorts">,
): Promise<RunningServices> {
  const environments = Object.fromEntries(SERVICES.map((name) => [name, environmentOf(name, options)]));
  const order: StartOrder = { environments: environments as Record<ServiceName, Environment> };
  // A host that has ended already is told by its report.
  host.process.send(order, () => {});
  const report = await firstReport(host, logFile);
  if (report.kind === "failed") throw fromText(report.message, logFile);
  return { logs: [logFile], failed: host.ended.then((how) => `The services ${how}.`) };
}

function firstReport(host: Child, logFile: string): Promise<HostReport> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new StartFailure(`The services were not ready after ${START_TIMEOUT_MS} ms.`, `See ${logFile}.`),
      );
    }, START_TIMEOUT_MS);
    const settle = (report: HostReport) => {
      clearTimeout(timer);
      resolve(report);
    };
    host.process.once("message", (report) => settle(report as HostReport));
    void host.ended.then((how) => settle({ kind: "failed", message: `The services ${how}.` }));
  });
}
