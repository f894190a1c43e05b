/** The part of a logger that the life of a process needs. */
export interface ProcessLog {
  info: (message: string) => void;
  warn: (fields: object, message: string) => void;
  error: (fields: object, message: string) => void;
  fatal: (fields: object, message: string) => void;
}

/** The life of one service: ready, draining, stopped. Closes what was opened, in reverse order. */
export interface Lifecycle {
  readonly isDraining: boolean;
  readonly isReady: boolean;
  markReady: () => void;
  /** Registers how to close something; later openings are closed first. */
  opened: (name: string, close: () => Promise<void> | void) => void;
  /** Stops once, however often it is called; a part that does not close in time is left behind. */
  stop: () => Promise<void>;
}

interface Part {
  name: string;
  close: () => Promise<void> | void;
}

/** @param drainTimeoutMs bound for everything together. */
export function createLifecycle(log: ProcessLog, drainTimeoutMs: number): Lifecycle {
  const parts: Part[] = [];
  let isReady = false;
  let stopping: Promise<void> | null = null;

  async function closeAll(): Promise<void> {
    const endsAt = Date.now() + drainTimeoutMs;
    for (const part of parts.reverse()) {
      try {
        await within(Promise.resolve(part.close()), Math.max(100, endsAt - Date.now()));
      } catch (error) {
        log.warn({ part: part.name, error }, "part did not close");
      }
    }
    log.info("stopped");
  }

  return {
    get isDraining() {
      return stopping !== null;
    },
    get isReady() {
      return isReady && stopping === null;
    },
    markReady() {
      isReady = true;
    },
    opened(name, close) {
      parts.push({ name, close });
    },
    stop() {
      if (stopping === null) {
        log.info("draining");
        stopping = closeAll();
      }
      return stopping;
    },
  };
}

async function within(work: Promise<void>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed after ${timeoutMs} ms`)), timeoutMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
