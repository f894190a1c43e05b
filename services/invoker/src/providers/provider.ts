import type { ChatMessage, Usage } from "@switchyard/shared/contracts";
import type { SwitchyardError } from "@switchyard/shared/errors";
import type { UsageNote } from "./usage-reading.ts";

export interface AnswerSchema {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** One call of one model: everything an adapter may know about it. */
export interface CompletionRequest {
  attemptId: string;
  jobId: string;
  /** The model's name at the provider. */
  providerModel: string;
  messages: readonly ChatMessage[];
  maxOutputTokens: number;
  /** For an estimate, where the provider states no usage. */
  bytesPerToken: number;
  /** What the provider is asked for; left out where that is its default. */
  serviceTier?: string | undefined;
  /** The model's own unless given. */
  temperature?: number | undefined;
  /** The JSON schema that the answer is bound to, on wires that know such a thing; elsewhere the prompt must ask for it. */
  answerSchema?: AnswerSchema | undefined;
  /** Absolute: covers connecting, sending, waiting and the last byte of the body. */
  timeoutMs: number;
  /** Withdraws the call: its job is being cancelled, its run took too long, or the process stops. */
  signal: AbortSignal;
}

/**
 * What became of a call, in the terms of the ledger.
 * `void` is only said where the provider certainly billed nothing; every doubt is `unknown`.
 */
export type Outcome =
  | {
      kind: "settled";
      text: string;
      /** `stop`, `length`, `content_filter`, `tool_calls`, or the provider's own word where it has another one. */
      finishReason: string;
      model: string;
      usage: Usage;
      /** JSON of the provider's own usage object, at most 4 KiB; null: it stated none, and `usage` is estimated. */
      rawUsage: string | null;
      /** How `usage` was estimated; null: the provider stated it. */
      estimate: string | null;
      usageNotes: readonly UsageNote[];
      /** What served the call; null: the provider does not say. */
      serviceTier: string | null;
      providerRequestId: string | null;
    }
  | { kind: "void"; error: SwitchyardError; providerRequestId: string | null; isOutOfTime?: true }
  | {
      kind: "unknown";
      /** Always PROVIDER_OUTCOME_UNKNOWN. */
      error: SwitchyardError;
      providerRequestId: string | null;
      /** The request's own bound ended it. */
      isOutOfTime?: true;
    }
  /** The request's own signal withdrew it after it may have left; whoever withdrew it knows what follows. */
  | { kind: "abandoned" };

/** A long-lived client of one provider. */
export interface ProviderClient {
  /** Never rejects for anything that a provider or a network does. */
  complete(request: CompletionRequest): Promise<Outcome>;
  /** Closes every connection; a call that is still in flight ends as `unknown`. */
  close(): Promise<void>;
}

export interface ProviderSettings {
  /** Null: the provider's official address. */
  baseUrl: string | null;
  apiKey: string | null;
  /** Only regional providers look at it. */
  region: string | null;
  /** Longest response body that is read; 8 MiB by default. */
  maxResponseBytes?: number;
  /** Connections held at once; calls beyond it wait inside their own deadline. 1,024 by default. */
  maxConnections?: number;
  /** Sent with every call. */
  headers?: Record<string, string>;
}
