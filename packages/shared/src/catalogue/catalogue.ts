import type { BudgetBody, FallbackReason, JobClass } from "../contracts/index.ts";

/** The wire formats there is an adapter for; each is a folder in `services/invoker/src/providers/`. */
export const PROVIDER_KINDS = ["openai", "bedrock"] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

/** What may be asked of a model or of a provider's account, by all processes together; null: without a limit. */
export interface Limits {
  requestsPerMinute: number | null;
  tokensPerMinute: number | null;
  /** Calls on the wire at once. */
  inFlight: number | null;
}

/** Who answers: one endpoint with one set of credentials. */
export interface Provider {
  id: string;
  kind: ProviderKind;
  /** Without a slash at its end; null: the kind's own public endpoint. */
  baseUrl: string | null;
  /** Always set for kind `bedrock` where no variable is missing. */
  region: string | null;
  /** Name of the variable that holds the key (or of the file, with `_FILE` appended); null: no key is sent. */
  apiKeyEnv: string | null;
  /** Of the account: over all its models. */
  limits: Limits;
  /** The installation uses it; that this process could call it as well is said by `missingVariables`. */
  isActive: boolean;
  /** Why not, for an operator to read; null while active. */
  inactiveBecause: string | null;
  /** Variables it names that are not set here: who calls it has none. */
  missingVariables: readonly string[];
}

/** What answers. */
export interface Model {
  /** Safe as a queue name, a metric label and a URL segment. */
  id: string;
  providerId: string;
  /** The provider's own name for it. */
  providerModel: string;
  /** As the file names it, else made of the names of the provider and the model; the price book resolves it. */
  priceId: string;
  /** What calls ask the provider for; absent: nothing, which is its default tier. */
  serviceTier?: string;
  /** The price book knows `priceId`. Without a price it is routed to only as `unpriced` says. */
  isPriced: boolean;
  /** Prompt and answer together. */
  windowTokens: number;
  maxOutputTokens: number;
  /** Bound of one call, absolute. */
  timeoutMs: number;
  /** Calls in flight per invoker process. */
  concurrency: number;
  limits: Limits;
  /** Bytes of UTF-8 per token, on the low side, so that estimates err upwards. */
  bytesPerToken: number;
  /** Orders models by ability; the strongest one is what savings are measured against. */
  strength: number;
  /** Where a job goes that leaves the model for a reason, in order; may name models that are not active. */
  fallbacks: Readonly<Record<FallbackReason, readonly string[]>>;
  isActive: boolean;
  inactiveBecause: string | null;
}

/** Who judges jobs: the local judge alone, a model always, or a model where the local judge is unsure and it pays. */
export const CLASSIFIER_MODES = ["local", "llm", "hybrid"] as const;
export type ClassifierMode = (typeof CLASSIFIER_MODES)[number];

export interface ClassifierSettings {
  mode: ClassifierMode;
  expectedOutputTokens: Record<JobClass, number>;
  /** Set unless the mode is `local`. */
  llm: ConsultSettings | null;
  /** The share of jobs that a draw sends to the baseline, in millionths. */
  holdoutPpm: number;
  /** Paths of the outcome models that move judged classes, and that are only tried out; absent: none. */
  outcomeModelFile?: string;
  shadowModelFile?: string;
}

/** How a model is asked for its judgement. */
export interface ConsultSettings {
  modelId: string;
  /** After so long the local answer stands. */
  timeoutMs: number;
  /** Mode `hybrid` asks only where the local judge is less sure than this, in millionths. */
  belowConfidencePpm: number;
  maxOutputTokens: number;
  /** Of the conversation that is shown. */
  maxPromptBytes: number;
  /** Ask only where the expected saving exceeds the price. */
  isGated: boolean;
  /** What it is worth that a COMPLEX job is not answered by the model of a lesser class; decimal. */
  qualityValueUsd: string;
  /** The server can be told the schema of the answer; else it is only asked for it. */
  hasSchema: boolean;
  /** It is asked for no temperature, and its answer may take all of `maxOutputTokens`. */
  isReasoning: boolean;
}

/** What becomes of jobs that only models without a price could take. */
export const UNPRICED_POLICIES = ["refuse", "hold", "allow"] as const;

/** In USD per million tokens, decimal: what a token of a model without a price is taken to cost at most. */
export interface PriceCap {
  input: string;
  output: string;
}

export type UnpricedPolicy =
  | { policy: "refuse" | "hold"; cap: null }
  /** They are called, and bounded by the cap. */
  | { policy: "allow"; cap: PriceCap };

/** `switchyard.yaml` of this installation, checked, and seen in the light of its environment. */
export interface Catalogue {
  providers: ReadonlyMap<string, Provider>;
  models: ReadonlyMap<string, Model>;
  /** The models trusted with each class, in the file's order; may name models that are not active. */
  routes: Record<JobClass, readonly string[]>;
  classifier: ClassifierSettings;
  defaults: { deadlineMs: number; maxOutputTokens: number };
  attempts: {
    /** Provider calls per job and model that were sent and not throttled, whatever became of them. */
    max: number;
    /** Calls per job whose outcome may stay unknown: each may have been billed. */
    maxUnknown: number;
  };
  retention: { contentDays: number };
  /** By tenant, and for those that are not named. */
  unpriced: { tenants: ReadonlyMap<string, UnpricedPolicy>; others: UnpricedPolicy };
  /** By what costs of tenants are told apart in metrics; every other tenant is of the last one. */
  tenantClasses: { names: readonly string[]; byTenant: ReadonlyMap<string, string> };
  /** Keys of metadata by which costs are told apart. */
  tags: readonly string[];
  /** By their ids, as the file says them; more may be stored by the API. */
  budgets: Readonly<Record<string, BudgetBody>>;
}
