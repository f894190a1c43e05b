import type { Problem } from "./invariants.ts";
import { canariesIn } from "./leaks.ts";

/** What a caller met while it asked, counted, and what it must never meet, told one by one. */
export interface RequestLog {
  /** Answers by status, and the requests that were never answered under `unanswered`. */
  readonly counts: Readonly<Record<string, number>>;
  /** Answers of 5xx. */
  readonly outOfOrder: () => number;
  /** The longest of the requests that were answered, without the time they had asked to wait. */
  readonly slowestMs: () => number;
  answered: (request: AskedRequest, response: Response) => void;
  unanswered: (request: AskedRequest) => void;
  /** What a problem said. */
  told: (request: AskedRequest, text: string) => void;
  /** What breaks a promise. A request that ran while its server was frozen is not held against it. */
  problems: (frozen: readonly Span[]) => Problem[];
}

export interface Span {
  fromMs: number;
  toMs: number;
}

interface AskedRequest {
  what: string;
  startedAtMs: number;
  /** How long the request itself had asked to be held. */
  waitMs: number;
}

const LONGEST_MS = 5_000;

export function openRequestLog(): RequestLog {
  const counts: Record<string, number> = {};
  const broken: Problem[] = [];
  const slow: (Span & { what: string; tookMs: number })[] = [];
  let slowestMs = 0;
  const count = (name: string) => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  const time = ({ what, startedAtMs, waitMs }: AskedRequest) => {
    const tookMs = Date.now() - startedAtMs - waitMs;
    if (tookMs > LONGEST_MS) slow.push({ fromMs: startedAtMs, toMs: Date.now(), what, tookMs });
    return tookMs;
  };
  return {
    counts,
    outOfOrder: () =>
      Object.entries(counts).reduce((sum, [name, many]) => sum + (/^5/.test(name) ? many : 0), 0),
    slowestMs: () => slowestMs,
    answered(request, response) {
      count(String(response.status));
      slowestMs = Math.max(slowestMs, time(request));
      if (response.status < 500) return;
      if (response.status === 503 && response.headers.has("retry-after")) return;
      broken.push({ invariant: "I14", what: `${request.what} answered ${response.status}` });
    },
    unanswered(request) {
      count("unanswered");
      time(request);
    },
    told(request, text) {
      const found = canariesIn(text).map((name) => `a ${name} is in what ${request.what} was answered`);
      broken.push(...found.map((what): Problem => ({ invariant: "I11", what })));
    },
    problems(frozen) {
      const isExcused = (span: Span) =>
        frozen.some(({ fromMs, toMs }) => fromMs < span.toMs && toMs > span.fromMs);
      const late = slow.filter((span) => !isExcused(span));
      return [
        ...broken,
        ...late.map(({ what, tookMs }): Problem => ({ invariant: "I14", what: `${what} took ${tookMs} ms` })),
      ];
    },
  };
}
