import type { Grain, Ledger, LineRoom } from "@switchyard/shared/ledger";
import { LRUCache } from "lru-cache";
import type { CostLine } from "./costs.ts";
import { invalid } from "./http/json-body.ts";

const DAY_MS = 86_400_000;
/** Totals of days past hardly change any more: they are read again only after so long. */
const KEPT_MS = 60_000;
/** Lines of totals that are kept in memory, some 300 bytes each. */
const KEPT_LINES = 100_000;
/** Lists of the tenants of a day, likewise. */
const KEPT_LISTS = 200;
/** Jobs of a day are counted when they end, which may be a while after its calls were settled. */
const SETTLED_AFTER_MS = 3_600_000;
/** Days, each of one tenant, that are read for one answer, four queries each. */
const MAX_TENANT_DAYS = 1_000;
/** So many of them at once. */
const TOGETHER = 32;
/** Lines of totals that are held for one answer. */
const MAX_LINES = 100_000;

export interface CostSearch {
  /** Null: of all tenants. */
  tenant: string | null;
  /** UTC days. */
  days: readonly string[];
  /** The first and the last hour that are asked for, both inclusive. */
  hours: { first: string; last: string };
  /** Whether hours must be told apart. Lines of whole days are a twentieth of those of their hours. */
  by: Grain;
}

/** Reads the totals of days; those of days past are kept for a while. */
export function costLineReader({ maxLines = MAX_LINES }: { maxLines?: number } = {}) {
  const daysPast = new LRUCache<string, CostLine[]>({
    maxSize: KEPT_LINES,
    ttl: KEPT_MS,
    sizeCalculation: (lines) => lines.length + 1,
  });
  const tenantsPast = new LRUCache<string, string[]>({ max: KEPT_LISTS, ttl: KEPT_MS });

  async function tenantsOf(ledger: Ledger, day: string): Promise<string[]> {
    const known = tenantsPast.get(day);
    if (known !== undefined) return known;
    const tenants = await ledger.totals.tenants(day);
    if (isPast(ledger, day)) tenantsPast.set(day, tenants);
    return tenants;
  }

  async function readDay(
    ledger: Ledger,
    room: LineRoom,
    { tenant, day, by }: TenantDay,
  ): Promise<CostLine[]> {
    const name = `${tenant} ${day} ${by}`;
    const known = daysPast.get(name);
    if (known !== undefined) {
      room.lines -= known.length;
      return room.lines < 0 ? tooManyLines() : known;
    }
    const found = await ledger.totals.readWithin(room, { tenant, day, by });
    if (found === null) return tooManyLines();
    const lines = found.map((line) => ({ ...line, tenant }));
    if (isPast(ledger, day)) daysPast.set(name, lines);
    return lines;
  }

  /** @throws SwitchyardError REQUEST_INVALID when that is too much for one answer. */
  return async function read(ledger: Ledger, { tenant, days, hours, by }: CostSearch): Promise<CostLine[]> {
    const room: LineRoom = { lines: maxLines };
    const named = await Promise.all(
      days.map(async (day): Promise<TenantDay[]> => {
        const tenants = tenant === null ? await tenantsOf(ledger, day) : [tenant];
        const isWhole = hours.first <= `${day}T00` && `${day}T23` <= hours.last;
        return tenants.map((one) => ({ tenant: one, day, by: isWhole ? by : "hour" }));
      }),
    );
    const tenantDays = named.flat();
    if (tenantDays.length > MAX_TENANT_DAYS) {
      const detail = `${tenantDays.length} days of tenants are too many for one answer; name a tenant or fewer days`;
      throw invalid([{ path: "from", code: "too_big", detail }]);
    }
    const found: CostLine[] = [];
    for (let from = 0; from < tenantDays.length; from += TOGETHER) {
      const group = tenantDays.slice(from, from + TOGETHER);
      const read = await Promise.all(group.map((one) => readDay(ledger, room, one)));
      for (const line of read.flat())
        if (hours.first <= line.hour && line.hour <= hours.last) found.push(line);
    }
    return found;
  };
}

/** @throws SwitchyardError REQUEST_INVALID, always. */
function tooManyLines(): never {
  const detail = "needs too many sums for one answer; name fewer days. A tag should not differ for each job";
  throw invalid([{ path: "from", code: "too_big", detail }]);
}

function isPast(ledger: Ledger, day: string): boolean {
  return Date.parse(day) + DAY_MS + SETTLED_AFTER_MS < ledger.now();
}

interface TenantDay {
  tenant: string;
  day: string;
  by: Grain;
}
