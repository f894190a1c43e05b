import type { BillLine } from "./bill-line.ts";
import { type BillSummary, RunningSummary } from "./bill-summary.ts";

/** Every billed call, in the order of billing. */
export interface Bill {
  /** Resolves when the line is as durable as this bill is; only then may the answer leave. Rejects if it is not. */
  append(line: BillLine): Promise<void>;
  lines(): BillLine[];
  /** The lines after the first `after` ones, as JSON lines in pieces of any size. */
  stream(after: number): AsyncIterable<string>;
  summary(): BillSummary;
  close(): Promise<void>;
}

/** A bill that lives as long as the process. It grows by about 1 KB a call; a long run gives it a file instead. */
export function openMemoryBill(): Bill {
  const lines: BillLine[] = [];
  const summary = new RunningSummary();
  return {
    async append(line) {
      lines.push(line);
      summary.add(line);
    },
    lines: () => [...lines],
    async *stream(after) {
      for (const line of lines.slice(after)) yield `${JSON.stringify(line)}\n`;
    },
    summary: () => summary.read(),
    async close() {},
  };
}
