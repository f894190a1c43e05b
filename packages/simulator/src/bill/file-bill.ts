import { constants, createReadStream, readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Bill } from "./bill.ts";
import { BillLine } from "./bill-line.ts";
import { type BillSummary, RunningSummary } from "./bill-summary.ts";

interface Waiting {
  readonly line: BillLine;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Opens a bill kept in a file, one JSON line a call, and counts what an earlier run left in it. */
export async function openFileBill(path: string): Promise<FileBill> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const summary = new RunningSummary();
    const sizeBytes = await readBack(path, summary);
    // A process that died while writing leaves a torn last line. It was never flushed, so it was never answered.
    await file.truncate(sizeBytes);
    return new FileBill({ path, file, summary, sizeBytes });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Writes are grouped: one flush to disk is under way at a time, and every line that arrives meanwhile is part of the
 * next. A lone call pays one fsync, five hundred concurrent ones share a few.
 */
export class FileBill implements Bill {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #summary: RunningSummary;
  #sizeBytes: number;
  #waiting: Waiting[] = [];
  #flushing: Promise<void> | undefined;
  #flushes = 0;

  constructor(opened: { path: string; file: FileHandle; summary: RunningSummary; sizeBytes: number }) {
    this.#path = opened.path;
    this.#file = opened.file;
    this.#summary = opened.summary;
    this.#sizeBytes = opened.sizeBytes;
  }

  /** How often the file was flushed; far fewer than its lines when calls are concurrent. */
  get flushes(): number {
    return this.#flushes;
  }

  append(line: BillLine): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, resolve, reject });
      this.#flushing ??= this.#flushAll();
    });
  }

  lines(): BillLine[] {
    const text = readFileSync(this.#path).subarray(0, this.#sizeBytes).toString();
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => BillLine.parse(JSON.parse(line)));
  }

  async *stream(after: number): AsyncIterable<string> {
    if (this.#sizeBytes === 0) return;
    const input = createReadStream(this.#path, { end: this.#sizeBytes - 1 });
    let position = 0;
    try {
      for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
        if (position >= after) yield `${line}\n`;
        position += 1;
      }
    } finally {
      input.destroy();
    }
  }

  summary(): BillSummary {
    return this.#summary.read();
  }

  async close(): Promise<void> {
    await this.#flushing;
    await this.#file.close();
  }

  async #flushAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      await this.#flush(batch);
    }
    this.#flushing = undefined;
  }

  async #flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const bytes = Buffer.from(batch.map(({ line }) => `${JSON.stringify(line)}\n`).join(""));
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await this.#file.write(bytes, written, null, this.#sizeBytes + written);
        written += bytesWritten;
      }
      await this.#file.datasync();
      this.#flushes += 1;
      this.#sizeBytes += bytes.length;
      for (const { line, resolve } of batch) {
        this.#summary.add(line);
        resolve();
      }
    } catch (error) {
      // Half a batch on a full disk must not be taken for billed calls later.
      await this.#file.truncate(this.#sizeBytes).catch(() => undefined);
      for (const { reject } of batch) reject(error);
    }
  }
}

/** Adds every whole line to the summary; returns how many bytes they take. Throws where a whole line is not one of ours. */
async function readBack(path: string, summary: RunningSummary): Promise<number> {
  let sizeBytes = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    const end = rest.lastIndexOf(0x0a) + 1;
    for (const line of rest.subarray(0, end).toString().split("\n")) {
      if (line !== "") summary.add(BillLine.parse(JSON.parse(line)));
    }
    sizeBytes += end;
    rest = rest.subarray(end);
  }
  return sizeBytes;
}
