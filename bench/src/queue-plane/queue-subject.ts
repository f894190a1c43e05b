/** Something that takes jobs through queues; a benchmark drives it and measures around it. */
export interface QueueSubject {
  /** Sends one job and resolves when its last stage has run. */
  run: (index: number) => Promise<void>;
  /** Finishes what is in hand and closes every connection. */
  close: () => Promise<void>;
}

/** Hands each job's end, seen by a worker, to whoever waits for it. */
export function endings() {
  const waiting = new Map<string, () => void>();
  return {
    of: (id: string) => new Promise<void>((resolve) => waiting.set(id, resolve)),
    reached(id: string): void {
      waiting.get(id)?.();
      waiting.delete(id);
    },
  };
}
