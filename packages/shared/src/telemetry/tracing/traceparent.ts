/** Where work stands in a trace, by W3C Trace Context: the trace, the span it is done under, and whether it is recorded. */
export interface TracePlace {
  /** 32 hexadecimal digits. */
  traceId: string;
  /** 16 hexadecimal digits. */
  spanId: string;
  isSampled: boolean;
}

const FIELDS = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const SAMPLED = 0x01;

/**
 * A `traceparent` header, or null for anything that is none. One of a later version is read by the fields that this
 * version has, as https://www.w3.org/TR/trace-context/#versioning-of-traceparent asks for.
 */
export function parseTraceparent(header: string | undefined): TracePlace | null {
  const [, version, traceId, spanId, flags, rest] = FIELDS.exec(header ?? "") ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (version === "00" && rest !== undefined) return null;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) === SAMPLED };
}

/** As a header of version 00. */
export function formatTraceparent({ traceId, spanId, isSampled }: TracePlace): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}
