import type { ProcessLog } from "./lifecycle.ts";

/** A started service. */
export interface Running {
  log: ProcessLog;
  stop: () => Promise<void>;
}

/**
 * The whole life of a service's process: start, drain on SIGTERM or SIGINT, leave at once on a second
 * signal. A start that fails prints one line and exits with 1.
 */
export async function runProcess(start: () => Promise<Running>): Promise<void> {
  let running: Running;
  try {
    running = await start();
  } catch (error) {
    process.stderr.write(`switchyard: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
  let signals = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      void running.stop().then(() => process.exit(0));
    });
  }
  process.on("unhandledRejection", (error) => {
    running.log.fatal({ error }, "unhandled rejection");
    process.exit(1);
  });
}
