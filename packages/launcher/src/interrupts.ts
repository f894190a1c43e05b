/**
 * A terminal's ctrl-c reaches every process of its group, and npm and pnpm pass it on besides, so one press can
 * arrive several times. What comes so soon after the first is the same press.
 */
const ONE_PRESS_MS = 400;

/** Listens for the wish to end, from now on. The second wish calls `leaveAtOnce`. */
export function watchInterrupts(leaveAtOnce: () => void): Promise<"interrupted"> {
  return new Promise((resolve) => {
    let firstAt: number | null = null;
    const onSignal = () => {
      const now = performance.now();
      if (firstAt !== null && now - firstAt > ONE_PRESS_MS) leaveAtOnce();
      firstAt ??= now;
      resolve("interrupted");
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  });
}
