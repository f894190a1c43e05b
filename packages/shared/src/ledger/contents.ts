import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import { z } from "zod";
import { ChatMessage } from "../contracts/index.ts";
import { SwitchyardError } from "../errors/index.ts";
import { type ItemKey, promptKey, resultKey } from "./keys.ts";
import type { AttemptRow, JobRow } from "./rows.ts";
import type { Store } from "./store.ts";

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** DynamoDB's item limit is 400 KB, keys and names included. */
export const CHUNK_BYTES = 380_000;
/** A write unit is 1 KB: below it compression saves no money and costs half a millisecond (measured). */
const PLAIN_BYTES = 900;
/**
 * A stored text may not unpack to more than this. The largest answer that is read has 8 MiB, and three times as much
 * when none of it is valid UTF-8 and every byte of it became a replacement character.
 */
const MAX_TEXT_BYTES = 24 * 1_048_576;

const StoredMessages = z.array(ChatMessage);

/** Prompts and answers: compressed, in chunks below the item limit, with a time to live. */
export interface Contents {
  /** Stores a prompt before its job's row exists. Answers the number of chunks. */
  writePrompt: (prompt: {
    jobId: string;
    fingerprint: string;
    messages: readonly ChatMessage[];
    expiresAt: number;
  }) => Promise<number>;
  /** @throws SwitchyardError ROW_INVALID when a chunk is gone. */
  readPrompt: (job: JobRow) => Promise<ChatMessage[]>;
  /** Keeps a prompt for longer. False when its time to live has passed: then it may be gone at any moment. */
  keepPrompt: (job: JobRow, until: { expiresAt: number; nowMs: number }) => Promise<boolean>;
  writeResult: (result: {
    jobId: string;
    attempt: number;
    text: string;
    expiresAt: number;
  }) => Promise<number>;
  /** Null when its time to live has passed. */
  readResult: (attempt: AttemptRow) => Promise<string | null>;
}

export function contentsOn(store: Store): Contents {
  async function write(text: string, expiresAt: number, key: (chunk: number) => ItemKey): Promise<number> {
    const plain = Buffer.from(text);
    const packed = plain.length <= PLAIN_BYTES ? plain : await compress(plain);
    const count = Math.max(1, Math.ceil(packed.length / CHUNK_BYTES));
    await Promise.all(
      Array.from({ length: count }, (_, chunk) => {
        const body = packed.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
        return store.put({ ...key(chunk), body, expiresAt });
      }),
    );
    return count;
  }

  async function read(count: number, key: (chunk: number) => ItemKey): Promise<string | null> {
    const items = await Promise.all(Array.from({ length: count }, (_, chunk) => store.get(key(chunk))));
    const bodies = items.map((item) => item?.["body"]);
    if (!bodies.every((body) => body instanceof Uint8Array)) return null;
    const packed = Buffer.concat(bodies);
    const plain = isGzip(packed) ? await decompress(packed, { maxOutputLength: MAX_TEXT_BYTES }) : packed;
    return plain.toString("utf8");
  }

  return {
    writePrompt: ({ jobId, fingerprint, messages, expiresAt }) =>
      write(JSON.stringify(messages), expiresAt, (chunk) => promptKey(jobId, fingerprint, chunk)),
    async readPrompt(job) {
      const text = await read(job.promptChunks, (chunk) => promptKey(job.jobId, job.fingerprint, chunk));
      if (text === null) throw new SwitchyardError("ROW_INVALID", `prompt of ${job.jobId} is gone`);
      return StoredMessages.parse(JSON.parse(text));
    },
    async keepPrompt({ jobId, fingerprint, promptChunks }, { expiresAt, nowMs }) {
      const keys = Array.from({ length: promptChunks }, (_, n) => promptKey(jobId, fingerprint, n));
      const chunks = (await Promise.all(keys.map((key) => store.get(key)))).filter((chunk) => chunk !== null);
      const isKept = chunks.every((chunk) => Number(chunk["expiresAt"]) * 1_000 > nowMs);
      if (chunks.length < promptChunks || !isKept) return false;
      const short = chunks.filter((chunk) => Number(chunk["expiresAt"]) < expiresAt);
      await Promise.all(short.map((chunk) => store.put({ ...chunk, expiresAt })));
      return true;
    },
    writeResult: ({ jobId, attempt, text, expiresAt }) =>
      write(text, expiresAt, (chunk) => resultKey(jobId, attempt, chunk)),
    async readResult(attempt) {
      if (attempt.resultChunks === undefined) return null;
      return read(attempt.resultChunks, (chunk) => resultKey(attempt.jobId, attempt.n, chunk));
    },
  };
}

/** No UTF-8 text begins with these two bytes: the second may only continue a character. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
