import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** No line of any format is so long; a file without ends of lines is no such file. */
const MAX_LINE_LENGTH = 1_000_000;

/**
 * The lines of a file of UTF-8, which is unpacked where its name ends in `.gz`. What is torn, or is no text, is never the end of it.
 * @throws RangeError while it is read, when it cannot be.
 */
export async function* fileLines(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  // An error of either ends the last, where it is thrown.
  const bytes = path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  try {
    for await (const chunk of bytes) {
      const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MAX_LINE_LENGTH) throw new RangeError("it has no ends of lines");
      for (const line of lines) yield withoutReturn(line);
    }
    rest += decoder.decode();
  } catch (error) {
    throw new RangeError(`cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
  if (rest !== "") yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
