import { waitFor } from "./wait-for.ts";

// What keeps a process from ending and never starts by itself. Timers and file handles are not here, because the
// test runner has its own, which come and go.
const RESOURCES = ["TCPSocketWrap", "TCPServerWrap", "TLSWrap", "ProcessWrap"];
const EVENTS = ["SIGINT", "SIGTERM", "SIGHUP", "uncaughtException", "unhandledRejection"];

/**
 * Notes which sockets, servers, child processes and signal handlers there are. The returned function fails if there
 * are more by then; closing takes a moment, so it looks for up to `timeoutMs`. Hooks run last registered first:
 *
 *     afterAll(watchLeaks()); // as the first hook of a file, and so the last to run
 */
export function watchLeaks({ timeoutMs = 2_000 } = {}): () => Promise<void> {
  const before = census();
  return async () => {
    const leaks = () => grown(before, census());
    await waitFor(() => leaks().length === 0, { timeoutMs }).catch(() => {
      const left = leaks();
      if (left.length > 0) throw new Error(`Left behind: ${left.join(", ")}`);
    });
  };
}

function census(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (RESOURCES.includes(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const event of EVENTS) counts.set(`${event} handler`, process.listenerCount(event));
  return counts;
}

function grown(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after].flatMap(([name, count]) => {
    const more = count - (before.get(name) ?? 0);
    return more > 0 ? [`${more} ${name}`] : [];
  });
}
