import { z } from "zod";
import { type Priority, Usage } from "../contracts/index.ts";
import { AdjustmentRow } from "./adjustment-row.ts";
import { decision } from "./decision-codec.ts";
import { hexadecimal, keyId, traceparent } from "./hexadecimal-codecs.ts";
import { adjustmentNumbersOf, attemptNumberOf, createdAtOf, jobIdOf, tenantOf } from "./keys.ts";
import { estimate, price } from "./price-codec.ts";
import {
  type ArmJob,
  AttemptRow,
  JobRow,
  readRow,
  StoredConsult,
  StoredError,
  StoredFallback,
  StoredFeedback,
  StoredHold,
  StoredRequest,
  TotalsPlace,
} from "./rows.ts";
import type { Item, StoredItem } from "./store-requests.ts";

/*
 * Rows as they lie in the table. Every update of a row is paid for by its whole size, in units of 1 KB, and
 * a job's row is updated at least three times: so names are short, fixed shapes are tuples, and what the keys
 * say is not said again.
 */

/**
 * Names in the table that differ from those in the code. Stored rows hold them: never change or reuse one.
 * What conditions and indexes name, and what is worth reading in the table itself, keeps its name.
 */
const STORED_NAMES: Readonly<Record<string, string>> = {
  fingerprint: "fp",
  request: "req",
  dueStage: "due",
  updatedAt: "upd",
  deadlineAt: "dl",
  promptChunks: "pc",
  promptBytes: "pb",
  claimUntil: "cu",
  consult: "con",
  decision: "dec",
  modelId: "mod",
  fallbacks: "fb",
  baselinePicoUsd: "base",
  providerId: "prov",
  leaseUntil: "lu",
  maxCostPicoUsd: "max",
  rawUsage: "raw",
  providerRequestId: "rid",
  responseModel: "rm",
  finishReason: "fin",
  resultChunks: "rc",
  totalsPlace: "tp",
  riskPlace: "rp",
  keyId: "k",
  tags: "tg",
  traceparent: "tr",
  claimId: "c",
  isSuperseded: "sup",
  countedAtRisk: "car",
  isProbe: "prb",
  usageNotes: "un",
  serviceTier: "st",
  estimate: "est",
  replayed: "rep",
  discarded: "dis",
  unpricedCalls: "uc",
  feedback: "said",
  reservedPicoUsd: "res",
  holdoutPpm: "ppm",
};
const ROW_NAMES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(STORED_NAMES).map(([name, stored]) => [stored, name]),
);

/** Money: a whole number of pico-dollars; small ones arrive as `number`. */
const picoUsd = z.codec(z.union([z.bigint(), z.int()]), z.bigint(), {
  decode: (stored) => BigInt(stored),
  encode: (pico) => pico,
});

const PLACE = /^([^/]*)\/([^/]*)\/(\d+)$/;

/** A field kept as JSON text: compact, and read as one. */
function json<Schema extends z.ZodType>(schema: Schema) {
  return z.codec(z.string(), schema, {
    decode(text, context) {
      try {
        return JSON.parse(text) as z.input<Schema>;
      } catch {
        context.issues.push({ code: "custom", message: "is not JSON", input: text });
        return z.NEVER;
      }
    },
    encode: (value) => JSON.stringify(value),
  });
}

/** `hour/bucket/slot`: no part of it holds a slash. */
const place = z.codec(z.string().regex(PLACE), TotalsPlace, {
  decode(text) {
    const [, hour = "", bucket = "", slot = ""] = PLACE.exec(text) ?? [];
    return { hour, bucket, slot: Number(slot) };
  },
  encode: ({ hour, bucket, slot }) => `${hour}/${bucket}/${slot}`,
});

const asked = StoredRequest.shape;
const BoundsTuple = z.tuple([asked.bounds.unwrap().shape.min, asked.bounds.unwrap().shape.max]);
const RequestTuple = z.tuple([
  asked.model,
  asked.maxOutputTokens,
  asked.maxCostUsd,
  asked.onUnknown,
  asked.metadata,
  // Left out where it is "normal": shorter, and as rows were before there was a priority.
  asked.priority.optional(),
  BoundsTuple.optional(),
]);
/** What few jobs have: nothing is written of it for the others. */
function prioritized({
  priority,
  bounds,
}: z.output<typeof StoredRequest>): [] | [Priority] | [Priority, z.output<typeof BoundsTuple>] {
  if (bounds !== undefined) return [priority, [bounds.min, bounds.max]];
  return priority === "normal" ? [] : [priority];
}
const request = z.codec(RequestTuple, StoredRequest, {
  decode: ([model, maxOutputTokens, maxCostUsd, onUnknown, metadata, priority = "normal", bounds]) => ({
    model,
    maxOutputTokens,
    maxCostUsd,
    onUnknown,
    priority,
    metadata,
    ...(bounds === undefined ? {} : { bounds: { min: bounds[0], max: bounds[1] } }),
  }),
  encode: (row): z.output<typeof RequestTuple> => [
    row.model,
    row.maxOutputTokens,
    row.maxCostUsd,
    row.onUnknown,
    row.metadata,
    ...prioritized(row),
  ],
});

const tags = json(JobRow.shape.tags.unwrap());

const StoredJobRow = JobRow.extend({
  fingerprint: hexadecimal,
  keyId: keyId.optional(),
  tags: tags.optional(),
  traceparent: traceparent.optional(),
  request: json(request),
  claimId: hexadecimal.optional(),
  consult: json(StoredConsult).optional(),
  decision: json(decision).optional(),
  held: json(StoredHold).optional(),
  reservedPicoUsd: picoUsd.optional(),
  failure: json(StoredError).optional(),
  costPicoUsd: picoUsd.optional(),
  baselinePicoUsd: picoUsd.optional(),
  counted: json(z.array(z.number())).optional(),
  countedAtRisk: json(z.array(z.number())).optional(),
  adjusted: json(JobRow.shape.adjusted.unwrap()).optional(),
  fallbacks: json(z.array(StoredFallback)).optional(),
  replayed: json(JobRow.shape.replayed.unwrap()).optional(),
  discarded: json(JobRow.shape.discarded.unwrap()).optional(),
  feedback: json(StoredFeedback).optional(),
});
const JobChange = StoredJobRow.omit({ jobId: true, tenant: true, createdAt: true }).partial();

const StoredAttemptRow = AttemptRow.extend({
  claimId: hexadecimal,
  keyId: keyId.optional(),
  tags: tags.optional(),
  price: json(price),
  maxCostPicoUsd: picoUsd,
  usage: json(Usage).optional(),
  usageNotes: json(z.array(z.string())).optional(),
  estimate: json(estimate).optional(),
  costPicoUsd: picoUsd.optional(),
  baselinePicoUsd: picoUsd.optional(),
  error: json(StoredError).optional(),
  totalsPlace: place.optional(),
  riskPlace: place.optional(),
});
const AttemptChange = StoredAttemptRow.omit({ jobId: true, n: true }).partial();

/** Amounts that may be below 0, inside JSON, whose numbers are not exact. */
const amount = z.codec(z.string().regex(/^-?\d+$/), z.bigint(), {
  decode: (digits) => BigInt(digits),
  encode: (pico) => pico.toString(),
});

const StoredAdjustmentRow = AdjustmentRow.extend({
  price: json(price),
  costPicoUsd: picoUsd,
  baselinePicoUsd: picoUsd.optional(),
  change: json(z.record(z.string(), amount)),
  totals: json(AdjustmentRow.shape.totals),
});
const AdjustmentChange = StoredAdjustmentRow.omit({ jobId: true, n: true, k: true });

/** What a job's row says, as attributes; the keys are for `jobKey` and the indexes' functions to make. */
export function jobAttributes(change: Partial<JobRow>): Item {
  return withStoredNames(z.encode(JobChange, change));
}

/** What an attempt's row says, as attributes; the key is for `attemptKey` to make. */
export function attemptAttributes(change: Partial<AttemptRow>): Item {
  return withStoredNames(z.encode(AttemptChange, change));
}

/** What an adjustment says, as attributes; the key is for `adjustmentKey` to make. */
export function adjustmentAttributes({ jobId: _, n: __, k: ___, ...row }: AdjustmentRow): Item {
  return withStoredNames(z.encode(AdjustmentChange, row));
}

export function storedName(name: string): string {
  return STORED_NAMES[name] ?? name;
}

/** @throws SwitchyardError ROW_INVALID */
export function readJob(item: StoredItem): JobRow {
  const inKeys = {
    jobId: jobIdOf(item.pk),
    tenant: tenantOf(item["tenantShard"]),
    createdAt: createdAtOf(item["tenantSort"]),
  };
  return readRow(StoredJobRow, { ...withRowNames(item), ...inKeys });
}

const StoredArmJob = StoredJobRow.pick({
  ...{ arm: true, holdoutPpm: true, status: true, costPicoUsd: true, baselinePicoUsd: true },
  ...{ unpricedCalls: true, resultAttempt: true, counted: true, countedAtRisk: true },
});

/** The part of a job's row that says what it cost on which side. @throws SwitchyardError ROW_INVALID */
export function readArmJob(item: StoredItem): ArmJob {
  return readRow(StoredArmJob, withRowNames(item));
}

/** @throws SwitchyardError ROW_INVALID */
export function readAttempt(item: StoredItem): AttemptRow {
  const inKeys = { jobId: jobIdOf(item.pk), n: attemptNumberOf(item.sk) };
  return readRow(StoredAttemptRow, { ...withRowNames(item), ...inKeys });
}

/** @throws SwitchyardError ROW_INVALID */
export function readAdjustment(item: StoredItem): AdjustmentRow {
  const inKeys = { jobId: jobIdOf(item.pk), ...adjustmentNumbersOf(item.sk) };
  return readRow(StoredAdjustmentRow, { ...withRowNames(item), ...inKeys });
}

function withStoredNames(attributes: Item): Item {
  const defined = Object.entries(attributes).filter(([, value]) => value !== undefined);
  return Object.fromEntries(defined.map(([name, value]) => [storedName(name), value]));
}

function withRowNames(item: Item): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [ROW_NAMES[name] ?? name, value]));
}
