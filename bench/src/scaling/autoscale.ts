import { setTimeout as pause } from "node:timers/promises";
import type { Controller } from "./controller.ts";
import type { Pool } from "./pool.ts";

/** What the autoscaler saw and did, once for every time that it asked. */
export interface Sample {
  atSeconds: number;
  load: number;
  waiting: number;
  active: number;
  /** Pods that there are to be, that serve, and that finish what they have in hand. */
  wanted: number;
  ready: number;
  leaving: number;
}

interface Autoscaler {
  readonly samples: readonly Sample[];
  /** Goes on asking, and changes nothing any more. */
  stop: () => Promise<void>;
}

interface AutoscaleOptions {
  /** Where it asks: the pool's part of the queue load. */
  loadUrl: string;
  pool: Pool;
  controller: Controller;
  pollMs: number;
}

interface LoadBody {
  load: number;
  queues: { waiting: number; prioritized: number; active: number }[];
}

/** Does what KEDA and the HorizontalPodAutoscaler do between them: asks for the load, decides, and changes the pool. */
export function startAutoscaler(options: AutoscaleOptions): Autoscaler {
  const { loadUrl, pool, controller, pollMs } = options;
  const samples: Sample[] = [];
  const beganAtMs = performance.now();
  let wanted = 0;
  let isStopped = false;

  async function step(): Promise<void> {
    const body = await loadOf(loadUrl);
    const nowMs = performance.now();
    wanted = controller.decide(nowMs, { load: body?.load ?? null, replicas: wanted });
    await pool.scaleTo(wanted);
    if (body === null) return;
    const sum = (of: (queue: LoadBody["queues"][number]) => number) =>
      body.queues.reduce((total, queue) => total + of(queue), 0);
    samples.push({
      atSeconds: (nowMs - beganAtMs) / 1_000,
      load: body.load,
      waiting: sum(({ waiting, prioritized }) => waiting + prioritized),
      active: sum(({ active }) => active),
      ...{ wanted, ready: pool.ready, leaving: pool.leaving },
    });
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      await step();
      await pause(pollMs);
    }
  }

  const running = run();
  return {
    samples,
    async stop() {
      isStopped = true;
      await running;
    },
  };
}

/** Null when it cannot be read: an autoscaler takes that for an error, not for nothing to do. */
async function loadOf(url: string): Promise<LoadBody | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    return response.ok ? ((await response.json()) as LoadBody) : null;
  } catch {
    return null;
  }
}
