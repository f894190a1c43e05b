/** A day of UTC, such as `2026-01-31`. */
export function isDay(text: string): boolean {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text) : Number.NaN;
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text);
}

export function utcDayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, "2026-01-31".length);
}
