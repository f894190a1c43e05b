import type { RunningProcess } from "@switchyard/testkit";
import { startService } from "../durable-path/system.ts";

/** How a worker left that was told to. */
export interface Departure {
  /** Calls on the wire when it was told. */
  callsInHand: number;
  tookSeconds: number;
  /** It ended by itself and not by a second, harder signal. */
  isClean: boolean;
}

/** Real invoker processes, as many as there are said to be. */
export interface Pool {
  /** Those that serve; one that is starting is none yet, one that is leaving is none any more. */
  readonly ready: number;
  readonly leaving: number;
  readonly departures: readonly Departure[];
  /** Resolves when those that are too many have been told to leave; others come and go on by themselves. */
  scaleTo: (replicas: number) => Promise<void>;
  /** Tells all to leave and waits until they have. */
  stop: () => Promise<void>;
}

interface Pod {
  process: RunningProcess;
  opsUrl: string;
}

/** Longer than the drain of a worker, so that only one that hangs is killed. */
const LEAVE_TIMEOUT_MS = 60_000;

export function openPool(env: Record<string, string>): Pool {
  const pods = new Set<Pod>();
  const starting = new Set<Promise<void>>();
  const leaving = new Set<Promise<void>>();
  const departures: Departure[] = [];

  function start(): void {
    const started: Promise<void> = startService("invoker", env).then(({ process, opsUrl }) => {
      starting.delete(started);
      pods.add({ process, opsUrl });
    });
    starting.add(started);
  }

  async function leave(pod: Pod, callsInHand: number): Promise<void> {
    pods.delete(pod);
    const toldAtMs = performance.now();
    const { code } = await pod.process.stop({ timeoutMs: LEAVE_TIMEOUT_MS });
    const tookSeconds = (performance.now() - toldAtMs) / 1_000;
    departures.push({ callsInHand, tookSeconds, isClean: code === 0 });
  }

  /** The busiest first: an autoscaler cannot choose an idle one, so the worst choice is what is tried. */
  async function tellToLeave(count: number): Promise<void> {
    const busy = await Promise.all([...pods].map(async (pod) => ({ pod, calls: await callsInHandOf(pod) })));
    busy.sort((a, b) => b.calls - a.calls);
    for (const { pod, calls } of busy.slice(0, count)) {
      const left: Promise<void> = leave(pod, calls).finally(() => leaving.delete(left));
      leaving.add(left);
    }
  }

  return {
    get ready() {
      return pods.size;
    },
    get leaving() {
      return leaving.size;
    },
    departures,
    async scaleTo(replicas) {
      const there = pods.size + starting.size;
      for (let missing = replicas - there; missing > 0; missing -= 1) start();
      // One that is still starting goes with a later decision.
      if (there > replicas) await tellToLeave(there - replicas);
    },
    async stop() {
      await Promise.all(starting);
      await tellToLeave(pods.size);
      await Promise.all(leaving);
    },
  };
}

async function callsInHandOf({ opsUrl }: Pod): Promise<number> {
  const text = await (await fetch(`${opsUrl}/metrics`)).text();
  const lines = text.matchAll(/^switchyard_provider_calls_in_flight\{.*\} (\d+)$/gm);
  return [...lines].reduce((sum, [, calls]) => sum + Number(calls), 0);
}
