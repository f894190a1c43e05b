import { createHash } from "node:crypto";

/** Where every kind of item lives; the one place that spells keys. */
export interface ItemKey {
  pk: string;
  sk: string;
}

/** Parts of the sparse index of rows that need attention, so that no key of it runs hot. */
export const ATTENTION_SHARDS = 8;
/**
 * Parts of each tenant's list of jobs and of each day of its totals; whoever reads takes all of them and merges. A part takes
 * 1,000 writes a second, so that many thousand jobs of one tenant may end in one second.
 */
const TENANT_SHARDS = 4;

export const ATTENTION_INDEX = "attention";
export const TENANT_INDEX = "tenant";

export function jobKey(jobId: string): ItemKey {
  return { pk: `J#${jobId}`, sk: "job" };
}

export function attemptKey(jobId: string, n: number): ItemKey {
  return { pk: `J#${jobId}`, sk: `att#${n.toString().padStart(4, "0")}` };
}

/** The k-th adjustment of an attempt. */
export function adjustmentKey(jobId: string, n: number, k: number): ItemKey {
  return { pk: `J#${jobId}`, sk: `adj#${n.toString().padStart(4, "0")}#${k.toString().padStart(2, "0")}` };
}

/** The prompt is keyed by what it says, so two bodies racing for one job id never mix. */
export function promptKey(jobId: string, fingerprint: string, chunk: number): ItemKey {
  return { pk: `J#${jobId}`, sk: `in#${fingerprint.slice(0, 16)}#${chunk}` };
}

export function resultKey(jobId: string, attempt: number, chunk: number): ItemKey {
  return { pk: `J#${jobId}`, sk: `out#${attempt}#${chunk}` };
}

/** Stands for a job that was given feedback; holds nothing but its place in the index. */
export function feedbackKey(jobId: string): ItemKey {
  return { pk: `J#${jobId}`, sk: "feedback" };
}

/** A bucket lies whole in one part of its day. What the item is about comes first, so that a part can be split further. */
export function totalsKey(
  tenant: string,
  { hour, bucket }: { hour: string; bucket: string },
  about: readonly string[],
): ItemKey {
  const shard = shardOf(bucket, TENANT_SHARDS);
  return { pk: `T#${tenant}#${hour.slice(0, 10)}#${shard}`, sk: [...about, hour, bucket].join("#") };
}

/** Says that a tenant has totals of a day. */
export function tenantOfDayKey(day: string, tenant: string): ItemKey {
  return { pk: `D#${day}`, sk: tenant };
}

/** What a partition of the totals holds; null when it is none. */
export function totalsDayOf(pk: string): { tenant: string; day: string } | null {
  const match = /^T#(.*)#(\d{4}-\d\d-\d\d)#\d+$/s.exec(pk);
  return match === null ? null : { tenant: match[1] as string, day: match[2] as string };
}

/** The partitions that hold the totals of a tenant's day. */
export function totalsPartitions(tenant: string, day: string): string[] {
  return Array.from({ length: TENANT_SHARDS }, (_, shard) => `T#${tenant}#${day}#${shard}`);
}

export function apiKeyKey(keyId: string): ItemKey {
  return { pk: `K#${keyId}`, sk: "key" };
}

/** Stands for a key in the list of its tenant's; holds nothing but its id. */
export function keyOfTenantKey(tenant: string, keyId: string): ItemKey {
  return { pk: `KT#${tenant}`, sk: keyId };
}

/** All budgets lie in one partition: there are few, and whoever asks wants them all. */
export function budgetKey(budgetId: string): ItemKey {
  return { pk: "B#budgets", sk: budgetId };
}

export function leaseKey(name: string): ItemKey {
  return { pk: `L#${name}`, sk: "lease" };
}

/** The partition of what the last reconciliations found: an item for each model. */
export const DRIFTS = "R#drift";

export function driftKey(modelId: string): ItemKey {
  return { pk: DRIFTS, sk: modelId };
}

export function attentionShard(jobId: string): string {
  return `A#${shardOf(jobId, ATTENTION_SHARDS)}`;
}

export function tenantShard(tenant: string, jobId: string): string {
  return `T#${tenant}#${shardOf(jobId, TENANT_SHARDS)}`;
}

/** All parts of a tenant's list of jobs. */
export function tenantShards(tenant: string): string[] {
  return Array.from({ length: TENANT_SHARDS }, (_, shard) => `T#${tenant}#${shard}`);
}

/** Parts of the list of jobs of all tenants that were given feedback; no tenant's list begins alike. */
export function feedbackShards(): string[] {
  return Array.from({ length: TENANT_SHARDS }, (_, shard) => `F#${shard}`);
}

export function feedbackShard(jobId: string): string {
  return `F#${shardOf(jobId, TENANT_SHARDS)}`;
}

/** Sorts by creation time, then id; 13 digits of milliseconds last until the year 2286. */
export function tenantSort(createdAtMs: number, jobId: string): string {
  return `${createdAtMs.toString().padStart(13, "0")}#${jobId}`;
}

/** The job whose partition it is. */
export function jobIdOf(pk: string): string {
  return pk.slice("J#".length);
}

export function attemptNumberOf(sk: string): number {
  return Number(sk.slice("att#".length));
}

/** NaN where it is nothing that `adjustmentKey` makes. */
export function adjustmentNumbersOf(sk: string): { n: number; k: number } {
  const [, n, k] = sk.split("#");
  return { n: Number(n), k: Number(k) };
}

/** Undefined when it is nothing that `tenantShard` makes. */
export function tenantOf(shard: unknown): string | undefined {
  return typeof shard === "string" ? /^T#(.*)#\d+$/s.exec(shard)?.[1] : undefined;
}

/** NaN when it is nothing that `tenantSort` makes. */
export function createdAtOf(sort: unknown): number {
  return typeof sort === "string" ? Number(sort.slice(0, 13)) : Number.NaN;
}

function shardOf(name: string, shards: number): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0) % shards;
}
