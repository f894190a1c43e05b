/** A time in which the event loop ran nothing else. */
export interface Block {
  blockedMs: number;
  /** What the process computed meanwhile: little of it when it was frozen, or the machine slept. */
  cpuMs: number;
}

export interface EventLoopOptions {
  onBlock: (block: Block) => void;
  /** From when on a block is a problem; 10 s unless given. */
  problemMs?: number;
}

export interface EventLoopWatch {
  /** What is wrong with the event loop, or null; a restart would cure it. */
  problem: () => string | null;
  stop: () => void;
}

const LOOK_EVERY_MS = 250;
/** Nobody's time-outs, leases or answers are right any more within a block of so long. */
const ALARM_MS = 1_000;
/** A third of the lock of a queue job: a process that does this again is about to lose what it has in hand. */
const PROBLEM_MS = 10_000;
/** Less of a block than this was computed: the process was not let run. */
const OWN_SHARE = 0.1;
/** No probe is answered during a block, so it has to be told for a while afterwards. */
const STANDS_MS = 60_000;

/**
 * Watches for code of ours that does not let go of the event loop: a timer that is late by a second or more is an
 * alarm, and a problem when it is late by ten. A process that was frozen computed nothing meanwhile: that is told
 * too, but a restart would not cure it.
 */
export function watchEventLoop({ onBlock, problemMs = PROBLEM_MS }: EventLoopOptions): EventLoopWatch {
  let lookedAtMs = performance.now();
  let cpu = process.cpuUsage();
  let problem: { blockedMs: number; endedAtMs: number } | null = null;
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    const blockedMs = nowMs - lookedAtMs - LOOK_EVERY_MS;
    lookedAtMs = nowMs;
    cpu = process.cpuUsage();
    if (blockedMs < ALARM_MS) return;
    const cpuMs = (user + system) / 1_000;
    if (blockedMs >= problemMs && cpuMs >= blockedMs * OWN_SHARE) problem = { blockedMs, endedAtMs: nowMs };
    onBlock({ blockedMs: Math.round(blockedMs), cpuMs: Math.round(cpuMs) });
  }, LOOK_EVERY_MS).unref();
  return {
    problem() {
      if (problem === null || performance.now() - problem.endedAtMs > STANDS_MS) return null;
      return `the event loop was blocked for ${Math.round(problem.blockedMs / 1_000)} s`;
    },
    stop: () => clearInterval(timer),
  };
}
