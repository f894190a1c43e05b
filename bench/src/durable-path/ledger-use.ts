import { request } from "undici";
import { SERVICES, type System } from "./system.ts";

/** Requests to DynamoDB and the capacity units that they took, by operation. */
export type LedgerUse = Record<string, { requests: number; units: number }>;

/** US East (N. Virginia), on demand, since November 2024: aws.amazon.com/dynamodb/pricing/on-demand. */
export const USD_PER_MILLION_UNITS = { write: 0.625, read: 0.125 } as const;
/**
 * Writes into the two indexes, which the emulator does not count and DynamoDB does: a job enters both with its
 * accept row and leaves one with its end. Its other writes change no key of either.
 */
export const INDEX_WRITE_UNITS_PER_JOB = 3;
const READS = new Set(["BatchGetItem", "GetItem", "Query", "Scan"]);

/** What all services have used so far, as their metrics say. */
export async function readLedgerUse({ opsUrls }: System): Promise<LedgerUse> {
  const use: LedgerUse = {};
  for (const name of SERVICES) {
    const { body } = await request(`${opsUrls[name]}/metrics`);
    for (const [, metric, labels, value] of (await body.text()).matchAll(
      /^switchyard_ledger_(requests|capacity_units)_total\{([^}]*)\} (\S+)$/gm,
    )) {
      const operation = /operation="([^"]+)"/.exec(labels ?? "")?.[1] ?? "unknown";
      use[operation] ??= { requests: 0, units: 0 };
      use[operation][metric === "requests" ? "requests" : "units"] += Number(value);
    }
  }
  return use;
}

export function useSince(before: LedgerUse, after: LedgerUse): LedgerUse {
  return Object.fromEntries(
    Object.entries(after).map(([operation, { requests, units }]) => {
      const earlier = before[operation] ?? { requests: 0, units: 0 };
      return [operation, { requests: requests - earlier.requests, units: units - earlier.units }];
    }),
  );
}

export function sumOf(use: LedgerUse, of: "requests" | "writeUnits" | "readUnits"): number {
  return Object.entries(use).reduce((sum, [operation, { requests, units }]) => {
    if (of === "requests") return sum + requests;
    return READS.has(operation) === (of === "readUnits") ? sum + units : sum;
  }, 0);
}

/** What so many jobs' use costs, writes into the indexes included. */
export function usdOf(use: LedgerUse, jobs: number): number {
  const writes = (sumOf(use, "writeUnits") + jobs * INDEX_WRITE_UNITS_PER_JOB) * USD_PER_MILLION_UNITS.write;
  return (writes + sumOf(use, "readUnits") * USD_PER_MILLION_UNITS.read) / 1_000_000;
}
