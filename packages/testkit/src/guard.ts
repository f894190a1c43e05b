import { spawn } from "node:child_process";

// Waits for its stdin to close, which happens however this process ends, and then ends the guarded one: politely,
// so that a Redis can still write its file, and after two seconds for certain.
const SCRIPT =
  'trap "" INT TERM HUP; cat >/dev/null; kill -TERM "$1" 2>/dev/null || exit 0; sleep 2; kill -KILL "$1" 2>/dev/null';

/**
 * Makes sure a child does not outlive this process, even when this process is killed. Returns the function that
 * lifts the guard; call it as soon as the child has ended, since its pid may then be given to another program.
 */
export function guard(pid: number): () => void {
  const watcher = spawn("/bin/sh", ["-c", SCRIPT, "guard", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // A machine without /bin/sh goes unguarded: that costs tidiness after a crash, nothing else.
  watcher.on("error", () => {});
  watcher.stdin?.on("error", () => {});
  watcher.unref();
  // The pipe must not keep this process alive either; the handle is a socket, which its type does not say.
  (watcher.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return () => void watcher.kill("SIGKILL");
}
