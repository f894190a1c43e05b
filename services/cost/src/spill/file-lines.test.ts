import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileLines } from "./file-lines.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-lines-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function linesOf(name: string, content: string | Uint8Array): Promise<string[]> {
  const path = join(folder, name);
  await writeFile(path, content);
  return read(path);
}

async function read(path: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of fileLines(path)) lines.push(line);
  return lines;
}

test("lines end as they do on any system, and the last one may have no end", async () => {
  expect(await linesOf("a.csv", "\uFEFFa\r\nb\n\nc\u2028d")).toEqual(["a", "b", "", "c\u2028d"]);
  expect(await linesOf("b.csv", "")).toEqual([]);
});

test("a packed file is unpacked, also where letters lie across its chunks", async () => {
  const text = "größe,€\n".repeat(40_000);
  expect(await linesOf("a.csv.gz", gzipSync(text))).toEqual(text.trimEnd().split("\n"));
});

test("what is torn, no text, no file or without lines is told, and is not the end", async () => {
  const packed = gzipSync("a,b\n".repeat(1_000));
  const wrong = {
    "torn.csv.gz": packed.subarray(0, packed.length - 10),
    "plain.csv.gz": "a,b\n",
    "bytes.csv": Uint8Array.of(0x61, 0xff, 0x0a),
    "letter.csv": Uint8Array.of(0x61, 0xe2, 0x82),
    "long.csv": "x".repeat(2_000_000),
  };
  for (const [name, content] of Object.entries(wrong))
    await expect(linesOf(name, content), name).rejects.toThrow(RangeError);
  for (const path of [folder, join(folder, "nowhere.csv.gz")])
    await expect(read(path), path).rejects.toThrow(RangeError);
});
