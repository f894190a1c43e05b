import { z } from "zod";
import {
  BUDGET_LIMITS,
  BUDGET_NAMES,
  BudgetBody,
  BudgetId,
  FALLBACK_REASONS,
  JOB_CLASSES,
  SUBMIT_LIMITS,
  UsdAmount,
} from "../contracts/index.ts";
import { CLASSIFIER_MODES, UNPRICED_POLICIES } from "./catalogue.ts";

/** Safe as a queue name, a metric label and a URL segment. */
const ID = /^[a-z0-9][a-z0-9.-]{0,62}$/;
const Id = z
  .string()
  .regex(ID, "must be 1 to 63 of a-z, 0-9, dot and hyphen, and start with a letter or a digit");

const EnvName = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, "must be the NAME of an environment variable");
const BaseUrl = z
  .url({ protocol: /^https?$/, error: "must be an http or https URL" })
  .refine((url) => !/\/\/[^/]*@/.test(url), { message: "must not hold credentials" });
/** A percentage that is a whole number of millionths, but for what a float of it is off. */
function isPpm(percent: number): boolean {
  return Math.abs(percent * 10_000 - Math.round(percent * 10_000)) < 1e-6;
}

const Name = z.string().min(1).max(256);

const whole = (least: number, most: number) =>
  z.int().min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);

const limits = {
  requests_per_minute: whole(1, 1_000_000).optional(),
  tokens_per_minute: whole(1, 1_000_000_000_000).optional(),
  in_flight: whole(1, 1_000_000).optional(),
};
const LimitsFile = z.strictObject(limits).prefault({});
export type LimitsFile = z.infer<typeof LimitsFile>;

const FallbacksFile = z.partialRecord(z.enum(FALLBACK_REASONS), z.array(Name).max(64)).prefault({});

const endpoint = {
  base_url: BaseUrl.optional(),
  base_url_env: EnvName.optional(),
  base_path: z
    .string()
    .regex(/^(\/[\w.~-]+)+$/, "must start with a slash and not end with one")
    .optional(),
  api_key_env: EnvName.optional(),
  limits: LimitsFile,
};
const region = {
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region such as us-east-1")
    .optional(),
  region_env: EnvName.optional(),
};

export const ProviderFile = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("openai"), ...endpoint }),
  z.strictObject({ kind: z.literal("bedrock"), ...endpoint, ...region }),
]);
export type ProviderFile = z.infer<typeof ProviderFile>;

const model = {
  provider: Name,
  provider_model: Name.optional(),
  price: Name.optional(),
  service_tier: z
    .string()
    .regex(/^[a-z][a-z_-]{0,31}$/, "must be the name of a service tier such as flex")
    .optional(),
  window_tokens: whole(1, 100_000_000),
  max_output_tokens: whole(1, SUBMIT_LIMITS.maxOutputTokens),
  /** The stage invoke gives up after 15 minutes, so every call must be over well before. */
  timeout_ms: whole(1_000, 600_000).default(120_000),
  concurrency: whole(1, 1_000).default(8),
  limits: LimitsFile,
  /** English runs at about 4, Chinese and code below 3; more than 8 would underestimate. */
  bytes_per_token: z.number().min(0.5, "must be at least 0.5").max(8, "must be at most 8").default(3),
  strength: whole(0, 1_000),
  fallbacks: FallbacksFile,
};
export const ModelFile = z.strictObject(model);
export type ModelFile = z.infer<typeof ModelFile>;

const JobClassKey = z.enum(JOB_CLASSES);
const llm = {
  model: Name,
  timeout_ms: whole(100, 60_000).default(5_000),
  below_confidence: z.number().min(0, "must be at least 0").max(1, "must be at most 1").default(0.6),
  /** The answer takes about ten; models that reason before they answer take their reasoning from it, too. */
  max_output_tokens: whole(1, 10_000).default(64),
  max_prompt_bytes: whole(256, 1_000_000).default(4_096),
  break_even: z.boolean().optional(),
  quality_value_usd: UsdAmount.default("0"),
  json_schema: z.boolean().default(true),
  /** By the provider's name of the model unless given. */
  reasoning: z.boolean().optional(),
};
const LlmFile = z.strictObject(llm);
export type LlmFile = z.infer<typeof LlmFile>;
const classifier = {
  mode: z.enum(CLASSIFIER_MODES, { error: `must be one of ${CLASSIFIER_MODES.join(", ")}` }).default("local"),
  /** Paths, from the folder of this file. */
  outcome_model: Name.optional(),
  shadow_model: Name.optional(),
  expected_output_tokens: z.record(JobClassKey, whole(1, SUBMIT_LIMITS.maxOutputTokens)),
  llm: LlmFile.optional(),
  holdout_percent: z
    .number()
    .min(0, "must be at least 0")
    .max(50, "must be at most 50")
    .refine(isPpm, "must have at most 4 decimals")
    .default(0),
};
const defaults = {
  deadline_ms: whole(1_000, SUBMIT_LIMITS.deadlineMs).default(86_400_000),
  max_output_tokens: whole(1, SUBMIT_LIMITS.maxOutputTokens).default(1_024),
};
const attempts = { max: whole(1, 100).default(6), max_unknown: whole(1, 100).default(2) };
/** Safe between the commas and after the colon of a query, and in a key of the totals; metadata may have such keys. */
const TagName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,63}$/, "must be 1 to 64 letters, digits, dots, hyphens and underscores");
const MAX_TAGS = 3;

/** Each is a label value of metrics; ids of tenants themselves must not be. */
const MAX_TENANT_CLASSES = 16;
const TenantClassesFile = z
  .record(Id, z.array(Name).min(1, "must name at least one tenant").max(10_000))
  .refine((classes) => Object.keys(classes).length <= MAX_TENANT_CLASSES, {
    message: `must have at most ${MAX_TENANT_CLASSES} classes`,
  });

const retention = { content_days: whole(1, 3_650).default(30) };

const CapRate = z
  .string()
  .regex(/^(0|[1-9]\d{0,5})(\.\d{1,6})?$/, 'must be a decimal string such as "10", with at most 6 decimals')
  .regex(/[1-9]/, "must be more than 0");
const cap = { input: CapRate, output: CapRate };
const unpricedPolicy = {
  policy: z.enum(UNPRICED_POLICIES, { error: `must be one of ${UNPRICED_POLICIES.join(", ")}` }),
  cap: z.strictObject(cap).optional(),
};
const unpriced = {
  policy: unpricedPolicy.policy.default("refuse"),
  cap: unpricedPolicy.cap,
  tenants: z.record(Name, z.strictObject(unpricedPolicy)).default({}),
};

const BudgetsFile = z
  .record(BudgetId, BudgetBody)
  .refine((budgets) => Object.keys(budgets).length <= BUDGET_LIMITS.count, {
    message: `must have at most ${BUDGET_LIMITS.count} budgets`,
  });

const file = {
  version: z.literal(1, { error: "must be 1" }),
  providers: z.record(Id, ProviderFile),
  models: z.record(Id, ModelFile),
  routes: z.record(JobClassKey, z.array(Name).min(1, "must name at least one model").max(64)),
  classifier: z.strictObject(classifier),
  defaults: z.strictObject(defaults).prefault({}),
  attempts: z.strictObject(attempts).prefault({}),
  retention: z.strictObject(retention).prefault({}),
  // By a rule of our own: the one of lists would also be told of a text in its place.
  tags: z
    .array(TagName)
    .refine((names) => names.length <= MAX_TAGS, `must name at most ${MAX_TAGS} keys of metadata`)
    .default([]),
  tenant_classes: TenantClassesFile.prefault({}),
  budgets: BudgetsFile.prefault({}),
  unpriced: z.strictObject(unpriced).prefault({}),
};

/** The shape of `switchyard.yaml`, before names are looked up. */
export const CatalogueFile = z.strictObject(file);
export type CatalogueFile = z.infer<typeof CatalogueFile>;

/** Every name there is in a section, for "did you mean"; the empty section is the top of the file. */
export const SETTING_NAMES: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(file),
  providers: ["kind", ...Object.keys(endpoint), ...Object.keys(region)],
  models: Object.keys(model),
  limits: Object.keys(limits),
  fallbacks: FALLBACK_REASONS,
  routes: JOB_CLASSES,
  classifier: Object.keys(classifier),
  expected_output_tokens: JOB_CLASSES,
  llm: Object.keys(llm),
  defaults: Object.keys(defaults),
  attempts: Object.keys(attempts),
  retention: Object.keys(retention),
  unpriced: Object.keys(unpriced),
  tenants: Object.keys(unpricedPolicy),
  cap: Object.keys(cap),
  budgets: BUDGET_NAMES.budget,
  tag: BUDGET_NAMES.tag,
};
