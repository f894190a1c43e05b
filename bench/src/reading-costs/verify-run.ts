import { readFileSync } from "node:fs";
import { setInterval as every } from "node:timers/promises";
import { startProcess } from "@switchyard/testkit";

export interface VerifyRun {
  seconds: number;
  /** The most memory that the process ever held. */
  peakRssMib: number;
  /** What it says of the table; the run fails where anything differs. */
  says: string;
}

const ENTRY = new URL("ledger.ts", import.meta.resolve("@switchyard/cost"));
const POLL_MS = 20;

/** `ledger verify` in a process of its own. */
export async function runVerify(
  env: Record<string, string>,
  { heapMib }: { heapMib?: number } = {},
): Promise<VerifyRun> {
  const limit = heapMib === undefined ? {} : { NODE_OPTIONS: `--max-old-space-size=${heapMib}` };
  const startedAt = performance.now();
  const program = startProcess({ entry: ENTRY, name: "verify", args: ["verify"], env: { ...env, ...limit } });
  let peakKib = 0;
  const watch = (async () => {
    for await (const _ of every(POLL_MS)) {
      const known = peakKibOf(program.pid);
      if (known === null) return;
      peakKib = known;
    }
  })();
  const { code } = await program.exited;
  const seconds = (performance.now() - startedAt) / 1_000;
  await watch;
  const says = program.logs().at(-1) ?? "";
  if (code !== 0) throw new Error(`verify ended with ${code}:\n${program.logs().join("\n")}`);
  return { seconds, peakRssMib: peakKib / 1_024, says };
}

/** Null once the process has ended. */
function peakKibOf(pid: number): number | null {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return peak === undefined ? null : Number(peak);
  } catch {
    return null;
  }
}
