import { randomBytes } from "node:crypto";
import type { AttemptRow, TotalsPlace } from "./rows.ts";
import { tagsPart } from "./tags.ts";

/**
 * Attempts that one totals item holds. The item then stays within one write unit (1 KB): a slot takes
 * at most 4 bytes. Every update of an item is paid for by the item's whole size.
 */
export const SLOTS_PER_BUCKET = 100;

/** What an item of the totals is about, with the tags: whoever reads them can tell apart what differs in one of these. */
export const TOTALS_ABOUT = ["model", "provider", "class", "kind", "key"] as const;

/** The part of an attempt that says which totals it belongs to. */
export type Counted = Pick<
  AttemptRow,
  "tenant" | "modelId" | "providerId" | "class" | "kind" | "keyId" | "tags"
>;

/** Parts of the key of an item: those of TOTALS_ABOUT, and the tags where there are any. */
export function aboutOf({ modelId, providerId, class: jobClass, kind, keyId = "", tags }: Counted): string[] {
  return [modelId, providerId, jobClass, kind, keyId, ...(tags === undefined ? [] : [tagsPart(tags)])];
}

/** Buckets that a process fills at once. Tags may have any number of values; one that is forgotten is only not filled. */
const MAX_OPEN = 10_000;

export type NextPlace = (counted: Counted, nowMs: number) => TotalsPlace;

/**
 * Places in the totals, chosen by the writer and stored on the row before the totals are touched, so that a repeated
 * settle always finds the same item. Two rows never share a place: the bucket is this process's own. What belongs to one
 * item fills one bucket after the other, so that items are as few as can be. Buckets of an hour past are forgotten.
 */
export function totalsPlaces(): NextPlace {
  const writer = randomBytes(6).toString("hex");
  const open = new Map<string, { bucket: string; used: number }>();
  let begun = 0;
  let hour = "";
  return (counted, nowMs) => {
    const presentHour = new Date(nowMs).toISOString().slice(0, 13);
    if (presentHour !== hour) open.clear();
    hour = presentHour;
    const item = [counted.tenant, ...aboutOf(counted)].join("#");
    let place = open.get(item);
    if (place === undefined || place.used === SLOTS_PER_BUCKET) {
      place = { bucket: `${writer}-${begun}`, used: 0 };
      begun += 1;
      if (open.size >= MAX_OPEN) open.clear();
      open.set(item, place);
    }
    place.used += 1;
    return { hour, bucket: place.bucket, slot: place.used - 1 };
  };
}
