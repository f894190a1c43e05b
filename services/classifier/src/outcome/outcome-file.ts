import { createHash } from "node:crypto";
import { SwitchyardError } from "@switchyard/shared/errors";
import { z } from "zod";
import { FEATURE_NAMES, FEATURES_VERSION } from "./features.ts";

const share = z.number().min(0).max(1);

/** What the file of an outcome model says, apart from what is derived of it. */
const OutcomeContent = z.strictObject({
  format: z.literal("switchyard-outcome-model/1"),
  features_version: z.string(),
  /** A COMPLEX job is lowered where a cheaper model does with at least this chance. */
  lower_at: share,
  /** Any other job is raised to COMPLEX where it does with less than this chance; null: none is. */
  raise_below: share.nullable(),
  bias: z.number(),
  weights: z.record(z.string(), z.number()),
  /** What it was trained on, and how it did on the jobs held back: for people to read. */
  trained: z.record(z.string(), z.unknown()),
});
export type OutcomeContent = z.infer<typeof OutcomeContent>;

const DIGEST = /^[0-9a-f]{64}$/;
const OutcomeFile = OutcomeContent.extend({ version: z.string(), digest: z.string().regex(DIGEST) });

/** The text of a model's file: the same bytes for the same content. */
export function outcomeFileOf(content: OutcomeContent): { version: string; text: string } {
  const digest = digestOf(content);
  const version = versionOf(digest);
  return { version, text: `${JSON.stringify({ version, digest, ...content }, null, 2)}\n` };
}

/**
 * Reads what `outcomeFileOf` wrote.
 * @throws SwitchyardError CONFIG_INVALID when it is no such file, was changed, or is for other features.
 */
export function readOutcomeFile(text: string, file: string): OutcomeContent & { version: string } {
  const refuse = (what: string, cause?: unknown) =>
    new SwitchyardError("CONFIG_INVALID", `${file}: ${what}`, { cause });
  let parsed: z.infer<typeof OutcomeFile>;
  try {
    parsed = OutcomeFile.parse(JSON.parse(text));
  } catch (error) {
    throw refuse("is no file of an outcome model; name one that training wrote", error);
  }
  const { version, digest, ...content } = parsed;
  if (digest !== digestOf(content) || version !== versionOf(digest)) {
    throw refuse("was changed after training wrote it: its digest does not match");
  }
  if (content.features_version !== FEATURES_VERSION || !hasOurFeatures(content)) {
    const ours = `this release has ${FEATURES_VERSION}`;
    throw refuse(`is for features ${content.features_version}, and ${ours}; take it out, and train again`);
  }
  return { version, ...content };
}

function hasOurFeatures({ weights }: OutcomeContent): boolean {
  const names = Object.keys(weights);
  return names.length === FEATURE_NAMES.length && FEATURE_NAMES.every((name) => Object.hasOwn(weights, name));
}

/** Over the values and not the text: who formats a file has not changed it. */
function digestOf(content: OutcomeContent): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(content)))
    .digest("hex");
}

function versionOf(digest: string): string {
  return `outcome-${digest.slice(0, 12)}`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const members = Object.entries(value).map(([key, member]) => [key, sorted(member)] as const);
  return Object.fromEntries(members.sort(([a], [b]) => (a < b ? -1 : 1)));
}
