import type { Readable } from "node:stream";

// Bounds on what is kept of a child's output: enough to explain a failure, too little to fill the memory.
const MAX_LINES = 5_000;
const MAX_LINE_CHARS = 20_000;

/** The last lines a child process wrote, and a way to wait for one. */
export class LogLines {
  readonly #lines: string[] = [];
  readonly #listeners = new Set<(line: string) => void>();

  /** Takes every line of a stream until it ends. */
  read(stream: Readable): void {
    let rest = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n");
      rest = (parts.pop() ?? "").slice(0, MAX_LINE_CHARS);
      for (const part of parts) this.#add(part.slice(0, MAX_LINE_CHARS));
    });
    stream.on("end", () => {
      if (rest !== "") this.#add(rest);
    });
  }

  /** Everything kept, oldest first. */
  all(): readonly string[] {
    return this.#lines;
  }

  /** The last lines as one text, for error messages. */
  tail(count = 20): string {
    return this.#lines.slice(-count).join("\n");
  }

  /** Calls `listener` with every line to come, until the returned function is called. */
  follow(listener: (line: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
    for (const listener of [...this.#listeners]) listener(line);
  }
}
