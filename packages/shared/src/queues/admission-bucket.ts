/**
 * Part of a minute's limit that may be taken at once. With the rest spread so that both together never pass the
 * limit in any 60 s, a twentieth leaves at least 95 % of it, and is all that a Redis which lost its data gives away.
 */
const BURST_SHARE = 1 / 20;
const MINUTE_US = 60_000_000;

/**
 * µs from one unit to the next, and how many may be taken at once. With the burst B, units spaced by
 * 60 s / (limit − B + 1) come to at most B − 1 + (limit − B + 1), the limit, in any 60 s.
 */
export function bucket(perMinute: number | null): [usPerUnit: number, burst: number] {
  if (perMinute === null) return [0, 0];
  const burst = Math.max(1, Math.floor(perMinute * BURST_SHARE));
  return [MINUTE_US / (perMinute - burst + 1), burst];
}
