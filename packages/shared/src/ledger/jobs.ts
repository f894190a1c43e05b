import { type ArmSearch, armJobs } from "./arm-jobs.ts";
import { type JobTransitions, transitionsOn } from "./job-transitions.ts";
import {
  ATTENTION_INDEX,
  ATTENTION_SHARDS,
  adjustmentKey,
  attemptKey,
  attentionShard,
  feedbackShards,
  jobIdOf,
  jobKey,
  TENANT_INDEX,
  tenantShard,
  tenantShards,
  tenantSort,
} from "./keys.ts";
import { jobAttributes, readAdjustment, readAttempt, readJob } from "./row-codec.ts";
import type { ArmJob, AttemptRow, JobRow, StoredRequest } from "./rows.ts";
import type { JobView } from "./states.ts";
import type { Store } from "./store.ts";
import type { StoredItem, Update } from "./store-requests.ts";
import type { Tags } from "./tags.ts";

export interface NewJob {
  jobId: string;
  tenant: string;
  fingerprint: string;
  keyId?: string;
  tags?: Tags;
  traceparent?: string;
  request: StoredRequest;
  createdAt: number;
  deadlineAt: number;
  promptChunks: number;
  promptBytes: number;
  attentionAt: number;
  reservedPicoUsd?: bigint;
}

/** A part of a tenant's list of jobs, by creation time and then id. */
export interface ListPage {
  tenant: string;
  limit: number;
  isAscending: boolean;
  after?: JobRow | undefined;
  /** Milliseconds since the epoch, both inclusive. */
  from?: number | undefined;
  to?: number | undefined;
}

/** Jobs: accepted once, read with their attempts, listed, and found when they need attention. */
export interface Jobs extends JobTransitions {
  /** Writes the accept row and answers it. Null when a job with that id exists. */
  accept: (job: NewJob) => Promise<JobRow | null>;
  read: (jobId: string) => Promise<JobRow | null>;
  /** The job and all its attempts, with their adjustments, read consistently. */
  view: (jobId: string) => Promise<JobView | null>;
  list: (page: ListPage) => Promise<JobRow[]>;
  /** What all jobs of a tenant and a time say of the comparison of routed jobs with those held out; by an index that may lag. */
  armJobs: (search: ArmSearch) => AsyncGenerator<ArmJob[]>;
  /** Ids of rows whose time for attention has come, by an index that may lag; at most `limit` of each part. */
  due: (nowMs: number, limit: number) => Promise<{ jobIds: string[]; isMore: boolean }>;
  /** Ids of all rows that want attention, whatever their time, in pages; a row that moves meanwhile may come again. */
  wanting: (pageLimit: number) => AsyncGenerator<string[]>;
  /** All jobs that have feedback, of every tenant, in pages of at most `pageLimit`; by an index that may lag. */
  rated: (pageLimit: number) => AsyncGenerator<JobRow[]>;
  /**
   * Moves a row's time for attention, whether it has one or not; null takes it out. Not a visible change. False where the row
   * or that time is no longer as it was seen: whoever moved it had a reason of their own.
   */
  attend: (job: JobRow, attentionAt: number | null) => Promise<boolean>;
}

export function jobsOn(store: Store, now: () => number): Jobs {
  async function read(jobId: string): Promise<JobRow | null> {
    const item = await store.get(jobKey(jobId));
    return item === null ? null : readJob(item);
  }

  async function view(jobId: string): Promise<JobView | null> {
    const job = await read(jobId);
    return job === null ? null : viewOf(store, job);
  }

  return {
    async accept(job) {
      const row: JobRow = {
        ...job,
        status: "queued",
        dueStage: "classify",
        generation: 1,
        version: 1,
        updatedAt: job.createdAt,
        attempts: 0,
        sweeps: 0,
      };
      const isFirst = await store.putIfAbsent({
        ...jobKey(row.jobId),
        ...jobAttributes(row),
        attentionShard: attentionShard(row.jobId),
        tenantShard: tenantShard(row.tenant, row.jobId),
        tenantSort: tenantSort(row.createdAt, row.jobId),
      });
      return isFirst ? row : null;
    },
    read,
    view,
    ...transitionsOn(store, now),
    list: (page) => listJobs(store, read, page),
    armJobs: (search) => armJobs(store, search),
    async due(nowMs, limit) {
      const found = await Promise.all(
        SHARDS.map((shard) =>
          store.queryIndex({
            index: ATTENTION_INDEX,
            hash: ["attentionShard", shard],
            range: ["attentionAt <= :now", { ":now": nowMs }],
            limit,
          }),
        ),
      );
      const jobIds = found.flat().map(({ pk }) => jobIdOf(pk));
      return { jobIds, isMore: found.some((keys) => keys.length >= limit) };
    },
    wanting: (pageLimit) =>
      idsIn(store, pageLimit, { index: ATTENTION_INDEX, name: "attentionShard", shards: SHARDS }),
    async *rated(pageLimit) {
      const list = { index: TENANT_INDEX, name: "tenantShard", shards: feedbackShards() };
      for await (const jobIds of idsIn(store, pageLimit, list)) {
        const rows = await Promise.all(jobIds.map(read));
        yield rows.filter((row) => row?.feedback !== undefined) as JobRow[];
      }
    },
    attend: (job, attentionAt) => store.update(attentionOf(job, attentionAt)),
  };
}

/** With its place in the index, which a row that wanted none does not have. */
function attentionOf(
  { jobId, sweeps, version, attentionAt: seenAt }: JobRow,
  attentionAt: number | null,
): Update {
  const condition =
    seenAt === undefined
      ? { condition: "#version = :seen AND attribute_not_exists(#attentionAt)", values: { ":seen": version } }
      : {
          condition: "#version = :seen AND #attentionAt = :seenAt",
          values: { ":seen": version, ":seenAt": seenAt },
        };
  if (attentionAt === null)
    return { key: jobKey(jobId), remove: ["attentionShard", "attentionAt"], ...condition };
  const attention = jobAttributes({ attentionAt, sweeps: sweeps + 1 });
  return {
    key: jobKey(jobId),
    set: { ...attention, attentionShard: attentionShard(jobId) },
    ...condition,
  };
}

async function viewOf(store: Store, job: JobRow): Promise<JobView> {
  const { jobId, adjusted = {} } = job;
  const numbers = Array.from({ length: job.attempts }, (_, index) => index + 1);
  // Few jobs have any: the others are not asked about.
  const adjustmentKeys = Object.entries(adjusted).flatMap(([n, times]) =>
    Array.from({ length: times }, (_, index) => adjustmentKey(jobId, Number(n), index + 1)),
  );
  const [attempts, rows] = await Promise.all([
    Promise.all(numbers.map((n) => store.get(attemptKey(jobId, n)))),
    Promise.all(adjustmentKeys.map((key) => store.get(key))),
  ]);
  const all = rows.filter((item) => item !== null).map(readAdjustment);
  const withAdjustments = (attempt: AttemptRow) => {
    const adjustments = all.filter(({ n }) => n === attempt.n);
    return adjustments.length === 0 ? attempt : { ...attempt, adjustments };
  };
  return {
    job,
    attempts: attempts.filter((item) => item !== null).map((item) => withAdjustments(readAttempt(item))),
  };
}

const SHARDS = Array.from({ length: ATTENTION_SHARDS }, (_, shard) => `A#${shard}`);

/** The ids of all jobs in some parts of an index, a page at a time. */
async function* idsIn(
  store: Store,
  limit: number,
  list: { index: string; name: string; shards: readonly string[] },
): AsyncGenerator<string[]> {
  const { index, name, shards } = list;
  for (const shard of shards) {
    let after: StoredItem | undefined;
    do {
      const found = await store.queryIndex({ index, hash: [name, shard], limit, after });
      yield found.map(({ pk }) => jobIdOf(pk));
      after = found.length < limit ? undefined : found.at(-1);
    } while (after !== undefined);
  }
}

async function listJobs(
  store: Store,
  read: (jobId: string) => Promise<JobRow | null>,
  { tenant, limit, isAscending, after, from, to }: ListPage,
): Promise<JobRow[]> {
  const cursor = after === undefined ? undefined : tenantSort(after.createdAt, after.jobId);
  // "~" sorts after every job id, so that a bound of time includes its own millisecond.
  let low = tenantSort(from ?? 0, "");
  let high = `${tenantSort(to ?? 9_999_999_999_999, "")}~`;
  if (cursor !== undefined && isAscending && cursor > low) low = cursor;
  if (cursor !== undefined && !isAscending && cursor < high) high = cursor;
  if (low > high) return [];
  const pages = await Promise.all(
    tenantShards(tenant).map((shard) =>
      store.queryIndex({
        index: TENANT_INDEX,
        hash: ["tenantShard", shard],
        range: ["tenantSort BETWEEN :low AND :high", { ":low": low, ":high": high }],
        limit: limit + 1,
        isDescending: !isAscending,
      }),
    ),
  );
  // The index says where each row stands in the list, so that only the rows of the page are read.
  const direction = isAscending ? 1 : -1;
  const places = pages
    .flat()
    .map(({ tenantSort: place, pk }) => ({ place: String(place), jobId: jobIdOf(pk) }))
    .filter(({ place }) => place !== cursor)
    .sort((a, b) => direction * (a.place < b.place ? -1 : 1))
    .slice(0, limit);
  const rows = await Promise.all(places.map(({ jobId }) => read(jobId)));
  return rows.filter((row) => row !== null);
}
