/** Places where a test may stop a process; each is reached in the crash tests. */
export const FAILPOINTS = [
  "ingest.afterReserve",
  "ingest.afterAccept",
  "classify.afterConsult",
  "classify.afterWrite",
  "classify.afterHandOver",
  "invoke.afterCover",
  "invoke.beforeIntent",
  "invoke.afterIntent",
  "invoke.duringCall",
  "invoke.afterAnswer",
  "invoke.afterSettle",
  "invoke.afterHandOver",
  "invoke.afterReroute",
  "invoke.afterJudgement",
  "invoke.afterConsult",
  "settle.beforeTotals",
  "settle.afterTotals",
  "settle.afterEnd",
] as const;
export type Failpoint = (typeof FAILPOINTS)[number];

const armed = new Map<string, "kill">();

/**
 * Arms failpoints from text such as `invoke.afterAnswer=kill`, several separated by commas. Only the
 * crash tests set it.
 * @throws RangeError for a name or an action that does not exist.
 */
export function armFailpoints(specification: string | undefined): void {
  armed.clear();
  for (const entry of (specification ?? "").split(",").filter((text) => text !== "")) {
    const [name = "", action = ""] = entry.split("=");
    if (!(FAILPOINTS as readonly string[]).includes(name) || action !== "kill") {
      throw new RangeError(`unknown failpoint ${entry}; known: ${FAILPOINTS.join(", ")}, each with =kill`);
    }
    armed.set(name, action);
  }
}

/** Nothing, unless the failpoint is armed: then the process dies as under `kill -9`. */
export function failpoint(name: Failpoint): void {
  if (armed.size > 0 && armed.has(name)) process.kill(process.pid, "SIGKILL");
}
