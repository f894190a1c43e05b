import { FALLBACK_REASONS } from "../contracts/index.ts";
import type { Catalogue, ConsultSettings, Model, Provider } from "./catalogue.ts";
import { type CatalogueFile, type LlmFile, type ModelFile, ProviderFile } from "./catalogue-file.ts";
import { asRecord, checkReferences } from "./check-references.ts";
import { checkShape } from "./check-shape.ts";
import { limitsOf } from "./limits.ts";
import { isReasoningModel } from "./reasoning-models.ts";
import { activeProblems, resolveProvider, type Surroundings } from "./resolve-provider.ts";
import { tenantClassesOf } from "./tenant-classes.ts";
import { unpricedOf } from "./unpriced-policy.ts";
import { readYaml } from "./yaml-source.ts";

export interface CatalogueOptions extends Surroundings {
  text: string;
  /** The name that problems are reported under. */
  file: string;
  /** The folder that relative paths in it start from; without it they are left as they are. */
  folder?: string;
  /** Whether the price book knows an id. */
  priceIds: { has: (priceId: string) => boolean };
}

/**
 * The catalogue in the text of a `switchyard.yaml`.
 * @throws SwitchyardError CONFIG_INVALID whose message has a line with file, line and column for every problem.
 */
export function loadCatalogue(options: CatalogueOptions): Catalogue {
  const source = readYaml(options.text, options.file);
  if (!source.isReadable) throw source.invalid(source.problems);
  const { file, problems } = checkShape(source.value);
  problems.push(...source.problems, ...checkReferences(source.value));
  const providers = new Map<string, Provider>();
  for (const [id, entry] of soundProviders(source.value)) {
    const resolved = resolveProvider(id, entry, options);
    providers.set(id, resolved.provider);
    problems.push(...resolved.problems);
  }
  const named = Object.keys(asRecord(asRecord(source.value).providers));
  problems.push(...activeProblems(options.activeProviders ?? [], named));
  if (file === null || problems.length > 0) throw source.invalid(problems);
  return catalogueOf(file, providers, options);
}

/** Also out of a file that is wrong elsewhere, so that the problems of the environment are told with the others. */
function soundProviders(value: unknown): [string, ProviderFile][] {
  return Object.entries(asRecord(asRecord(value).providers)).flatMap(([id, entry]) => {
    const parsed = ProviderFile.safeParse(entry);
    return parsed.success ? [[id, parsed.data] as [string, ProviderFile]] : [];
  });
}

function catalogueOf(
  file: CatalogueFile,
  providers: ReadonlyMap<string, Provider>,
  { priceIds, folder }: CatalogueOptions,
): Catalogue {
  const models = Object.entries(file.models).map(([id, entry]) => {
    const provider = providers.get(entry.provider);
    return [id, modelOf(id, entry, { provider, priceIds })] as const;
  });
  return {
    providers,
    models: new Map(models),
    routes: file.routes,
    classifier: classifierOf(file, folder),
    defaults: {
      deadlineMs: file.defaults.deadline_ms,
      maxOutputTokens: file.defaults.max_output_tokens,
    },
    attempts: { max: file.attempts.max, maxUnknown: file.attempts.max_unknown },
    retention: { contentDays: file.retention.content_days },
    unpriced: unpricedOf(file),
    tags: file.tags,
    tenantClasses: tenantClassesOf(file),
    budgets: file.budgets,
  };
}

function outcomeFiles({ classifier }: CatalogueFile, folder: string | undefined) {
  const { outcome_model: used, shadow_model: shadow } = classifier;
  const place = (path: string) => (folder === undefined || path.startsWith("/") ? path : `${folder}/${path}`);
  return {
    ...(used === undefined ? {} : { outcomeModelFile: place(used) }),
    ...(shadow === undefined ? {} : { shadowModelFile: place(shadow) }),
  };
}

function classifierOf(file: CatalogueFile, folder: string | undefined): Catalogue["classifier"] {
  const { mode, expected_output_tokens: expectedOutputTokens, llm } = file.classifier;
  const isAsked = mode !== "local" && llm !== undefined;
  return {
    mode,
    expectedOutputTokens,
    holdoutPpm: Math.round((file.classifier.holdout_percent * PPM) / 100),
    llm: isAsked ? consultOf(file, llm, mode) : null,
    ...outcomeFiles(file, folder),
  };
}

const PPM = 1_000_000;

function consultOf({ models }: CatalogueFile, llm: LlmFile, mode: "llm" | "hybrid"): ConsultSettings {
  const providerModel = models[llm.model]?.provider_model ?? llm.model;
  return {
    modelId: llm.model,
    timeoutMs: llm.timeout_ms,
    belowConfidencePpm: Math.round(llm.below_confidence * PPM),
    maxOutputTokens: llm.max_output_tokens,
    maxPromptBytes: llm.max_prompt_bytes,
    isGated: llm.break_even ?? mode === "hybrid",
    qualityValueUsd: llm.quality_value_usd,
    hasSchema: llm.json_schema,
    isReasoning: llm.reasoning ?? isReasoningModel(providerModel),
  };
}

/** A reason without a list of its own goes by the default one; an empty list is one. */
function fallbacksOf({ fallbacks }: ModelFile): Model["fallbacks"] {
  const lists = FALLBACK_REASONS.map((reason) => [reason, fallbacks[reason] ?? fallbacks.default ?? []]);
  return Object.fromEntries(lists) as Model["fallbacks"];
}

function modelOf(
  id: string,
  entry: ModelFile,
  known: { provider: Provider | undefined; priceIds: CatalogueOptions["priceIds"] },
): Model {
  const providerModel = entry.provider_model ?? id;
  const priceId = entry.price ?? `${entry.provider}/${providerModel}`;
  return {
    id,
    providerId: entry.provider,
    providerModel,
    priceId,
    isPriced: known.priceIds.has(priceId),
    ...(entry.service_tier === undefined ? {} : { serviceTier: entry.service_tier }),
    windowTokens: entry.window_tokens,
    maxOutputTokens: entry.max_output_tokens,
    timeoutMs: entry.timeout_ms,
    concurrency: entry.concurrency,
    limits: limitsOf(entry.limits),
    bytesPerToken: entry.bytes_per_token,
    strength: entry.strength,
    fallbacks: fallbacksOf(entry),
    isActive: known.provider?.isActive ?? false,
    inactiveBecause: known.provider?.inactiveBecause ?? null,
  };
}
