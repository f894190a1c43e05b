import { randomInt } from "node:crypto";
import { type JobRow, type Ledger, type NewJob, openLedger } from "@switchyard/shared/ledger";
import type { Summoner } from "@switchyard/shared/queues";
import { readCatalogue } from "@switchyard/shared/service";
import { testDynamodb, uniquePrefix } from "@switchyard/testkit";
import type { ClassifyOptions } from "../src/classify.ts";
import { localJudge } from "../src/judge/judge.ts";
import { createJudgementCache } from "../src/judgement-cache.ts";
import { Patience } from "../src/patience.ts";
import type { Decider } from "../src/place.ts";

// The client wants credentials to sign with; the emulator takes any.
process.env.AWS_ACCESS_KEY_ID ??= "test";
process.env.AWS_SECRET_ACCESS_KEY ??= "test";

type JobWishes = Partial<NewJob["request"]> &
  Pick<NewJob, "reservedPicoUsd"> & { inMs?: number; tenant?: string };

export type TestDecider = Decider & Pick<ClassifyOptions, "budgets">;

/** A table of its own, and jobs in it as ingest accepts them. */
export interface TestJobs {
  ledger: Ledger;
  /** The shipped catalogue with the simulated models. */
  decider: TestDecider;
  jobOf: (prompt: string, given?: JobWishes) => Promise<JobRow>;
  read: (job: Pick<JobRow, "jobId">) => Promise<JobRow>;
  close: () => Promise<void>;
}

export async function usingJobs(): Promise<TestJobs> {
  const dynamodb = await testDynamodb();
  const ledger = openLedger({
    tableName: uniquePrefix("classifier"),
    region: "us-east-1",
    endpoint: dynamodb.url,
  });
  await ledger.createTable();
  const environment = { SIMULATOR_URL: "http://127.0.0.1:9" };
  const shipped = readCatalogue({ catalogueFile: null, pricesFile: null }, environment);
  const read: TestJobs["read"] = async ({ jobId }) => (await ledger.jobs.read(jobId)) as JobRow;
  return {
    ledger,
    decider: {
      ...shipped,
      budgets: NO_BUDGETS,
      judge: localJudge(),
      cache: createJudgementCache(),
      patience: new Patience(),
    },
    read,
    async jobOf(prompt, given) {
      const job = await newJob(ledger, prompt, given);
      await ledger.jobs.accept(job);
      return read(job);
    },
    async close() {
      ledger.close();
      await dynamodb.stop();
    },
  };
}

/** For where nothing is reserved. */
const NO_BUDGETS: ClassifyOptions["budgets"] = {
  shrink: () => Promise.reject(new Error("nothing is reserved")),
};

/** For where nobody is consulted. */
export const NOBODY: Summoner = {
  summon: () => Promise.reject(new Error("nobody is to be summoned")),
  close: async () => {},
};

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
export const newJobId = () =>
  `job_${Array.from({ length: 26 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("")}`;

async function newJob(
  ledger: Ledger,
  prompt: string,
  { inMs = 3_600_000, tenant = "acme", reservedPicoUsd, ...request }: JobWishes = {},
): Promise<NewJob> {
  const jobId = newJobId();
  const messages = [{ role: "user" as const, content: prompt }];
  const expiresAt = Math.ceil(Date.now() / 1_000) + 3_600;
  const promptChunks = await ledger.contents.writePrompt({ jobId, fingerprint: "f", messages, expiresAt });
  const now = Date.now();
  return {
    jobId,
    tenant,
    fingerprint: "f",
    request: {
      model: "auto",
      maxOutputTokens: null,
      maxCostUsd: null,
      onUnknown: "retry",
      priority: "normal",
      metadata: {},
      ...request,
    },
    createdAt: now,
    deadlineAt: now + inMs,
    promptChunks,
    promptBytes: Buffer.byteLength(prompt),
    attentionAt: now + 30_000,
    ...(reservedPicoUsd === undefined ? {} : { reservedPicoUsd }),
  };
}
