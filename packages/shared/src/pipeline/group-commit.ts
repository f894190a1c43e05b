import { SwitchyardError } from "../errors/index.ts";

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
  signal: AbortSignal | undefined;
}

/** Callers who wait for longer than their own time-out are gone, but what they gave in is still held. */
const MAX_WAITING = 10_000;

/**
 * Group commit: when nothing is in flight, an item is flushed at the end of the present turn of the event
 * loop, with whatever else that turn brought; what arrives during a flush goes together in the next one.
 * One item at low load, dozens under load, and no timer: no item ever waits for others to come.
 *
 * @param flush answers one result per item, in order; when it throws, every item of that flush fails.
 * @param maxItems upper bound of one flush.
 * An item whose signal has aborted before its turn is not flushed and fails with the signal's reason.
 * @throws SwitchyardError PROCESS_OVERLOADED when 10,000 items wait already: whatever flushes has stopped.
 */
export function groupCommit<Item, Result>(
  flush: (items: Item[]) => Promise<readonly Result[]>,
  maxItems: number,
): (item: Item, signal?: AbortSignal) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let isFlushing = false;

  async function run(): Promise<void> {
    isFlushing = true;
    // What arrives as a burst arrives in one turn; without this its first item would go alone.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      dropAborted();
      const group = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
      if (group.length > 0) await settle(group);
    }
    isFlushing = false;
  }

  function dropAborted(): void {
    const aborted = waiting.filter(({ signal }) => signal?.aborted === true);
    if (aborted.length === 0) return;
    waiting = waiting.filter(({ signal }) => signal?.aborted !== true);
    for (const { reject, signal } of aborted) reject(signal?.reason);
  }

  async function settle(group: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await flush(group.map((entry) => entry.item));
      group.forEach((entry, index) => {
        entry.resolve(results[index] as Result);
      });
    } catch (error) {
      for (const entry of group) entry.reject(error);
    }
  }

  return (item, signal) =>
    new Promise((resolve, reject) => {
      if (waiting.length >= MAX_WAITING) {
        reject(new SwitchyardError("PROCESS_OVERLOADED", `${MAX_WAITING} items wait to be written`));
        return;
      }
      waiting.push({ item, resolve, reject, signal });
      if (!isFlushing) void run();
    });
}
