import { z } from "zod";

/** At most 999 999.999999 USD per million tokens: a rate in another unit is mostly caught by this. */
const Rate = z
  .string({
    error: ({ input }) => (input === undefined ? "is missing" : 'must be a decimal string such as "0.15"'),
  })
  .regex(
    /^(0|[1-9]\d{0,5})(\.\d{1,6})?$/,
    'must be a decimal string such as "0.15", with at most 6 decimals',
  );
/** USD for one call. */
const Fee = z
  .string({ error: 'must be a decimal string such as "0.01"' })
  .regex(/^(0|[1-9]\d{0,2})(\.\d{1,12})?$/, 'must be a decimal string such as "0.01"');
const Id = z.string().regex(/^[\w.:@/-]{1,256}$/, "must be 1 to 256 letters, digits or one of . : @ / - _");
const TierName = z.string().regex(/^[a-z][a-z_-]{0,31}$/, "must be the name of a service tier such as flex");

const IsoDate = z.iso.date({ error: "must be a date such as 2026-07-24" });
/** A date is its first instant in UTC. */
const Instant = z.union([z.iso.date(), z.iso.datetime()], {
  error: "must be a date such as 2026-07-24, or an instant such as 2026-07-24T16:30:00Z",
});

const rates = {
  input: Rate.optional(),
  cached_input: Rate.optional(),
  cache_write: Rate.optional(),
  cache_write_1h: Rate.optional(),
  output: Rate.optional(),
  reasoning: Rate.optional(),
};

const Tier = z
  .strictObject({
    service_tier: TierName.default("default"),
    context: z
      .strictObject({ comparator: z.enum([">", ">="]), tokens: z.int().min(1).max(100_000_000) })
      .optional(),
    ...rates,
  })
  .refine(({ service_tier, context }) => service_tier !== "default" || context !== undefined, {
    message: "needs a service_tier, a context or both",
  });
export type TierEntry = z.infer<typeof Tier>;

const Entry = z.strictObject({
  id: Id,
  aliases: z.array(Id).max(64).optional(),
  profiles: z
    .array(z.enum(["us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"]))
    .max(8)
    .optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  ...rates,
  input: Rate,
  output: Rate,
  per_request: Fee.optional(),
  tiers: z.array(Tier).max(16).optional(),
  source: z.string().min(1),
});
export type Entry = z.infer<typeof Entry>;

/** Where prices were taken from, and as of when, where that is known. */
const Source = z.strictObject({
  title: z.string().min(1),
  date: IsoDate.optional(),
  /** List prices: an import of newer ones may bring them up to date. All others it leaves alone. */
  list: z.boolean().optional(),
  /** Of the file that was imported. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits")
    .optional(),
});

/** The shape of `prices.json`, before names and times are compared. */
export const BookFile = z.strictObject({
  version: z.string().min(1).max(64),
  /** As of when the book as a whole holds. */
  date: IsoDate,
  sources: z.record(z.string(), Source),
  unit: z.literal("USD per million tokens"),
  prices: z.array(Entry).min(1),
});
export type BookFile = z.infer<typeof BookFile>;

/** From when to when an entry holds, in milliseconds; the end is not part of it. */
export function validityOf({ from, to }: Pick<Entry, "from" | "to">): { fromMs: number; toMs: number } {
  return {
    fromMs: from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
    toMs: to === undefined ? Number.POSITIVE_INFINITY : Date.parse(to),
  };
}
