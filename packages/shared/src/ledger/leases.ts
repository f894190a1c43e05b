import { leaseKey } from "./keys.ts";
import type { Store } from "./store.ts";

/** A lease in DynamoDB, so that it survives the loss of Redis. Holding it twice is harmless, only wasteful. */
export interface Leases {
  /** Takes or renews the lease. False while another holder has it. */
  hold: (name: string, holder: string, forMs: number) => Promise<boolean>;
  release: (name: string, holder: string) => Promise<void>;
}

export function leasesOn(store: Store, now: () => number): Leases {
  return {
    hold: (name, holder, forMs) =>
      store.update({
        key: leaseKey(name),
        set: { holder, heldUntil: now() + forMs },
        condition: "attribute_not_exists(pk) OR #holder = :me OR #heldUntil < :now",
        values: { ":me": holder, ":now": now() },
      }),
    async release(name, holder) {
      await store.update({
        key: leaseKey(name),
        set: { heldUntil: 0 },
        condition: "#holder = :me",
        values: { ":me": holder },
      });
    },
  };
}
