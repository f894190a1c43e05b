import { SwitchyardError } from "../errors/index.ts";
import type { Store } from "./store.ts";

type InTime = <Result>(ask: () => Promise<Result>) => Promise<Result>;

/**
 * Asks for somebody whose time ends with the signal.
 * @throws SwitchyardError LEDGER_UNAVAILABLE when the time is over first.
 */
export function inTimeOf(signal: AbortSignal): InTime {
  const late = () => {
    const cause = new Error("the time of whoever asked is over");
    return new SwitchyardError("LEDGER_UNAVAILABLE", "DynamoDB: no answer in time", { cause });
  };
  return (ask) => {
    if (signal.aborted) return Promise.reject(late());
    return new Promise((resolve, reject) => {
      const giveUp = () => reject(late());
      signal.addEventListener("abort", giveUp, { once: true });
      ask()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", giveUp));
    });
  };
}

/**
 * The store for somebody whose time ends with the signal: from then on nothing is asked, nothing is waited for, what
 * waits in a group is dropped with what it holds, and a write that was sent is not sent again. It may have been
 * carried out all the same.
 */
export function storeInTime(store: Store, signal: AbortSignal): Store {
  const inTime = inTimeOf(signal);
  return {
    ...store,
    get: (key) => inTime(() => store.get(key, signal)),
    put: (item) => inTime(() => store.put(item, signal)),
    putIfAbsent: (item) => inTime(() => store.putIfAbsent(item, signal)),
    update: (update) => inTime(() => store.update(update, signal)),
    remove: (key) => inTime(() => store.remove(key, signal)),
    queryIndex: (query) => inTime(() => store.queryIndex(query)),
    queryPartition: (pk, names) => inTime(() => store.queryPartition(pk, names)),
  };
}
