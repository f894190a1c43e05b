import type { ProviderKind } from "@switchyard/shared/catalogue";
import { createBedrockClient } from "./bedrock/client.ts";
import { createOpenAiClient } from "./openai/client.ts";
import type { ProviderClient, ProviderSettings } from "./provider.ts";

export type {
  AnswerSchema,
  CompletionRequest,
  Outcome,
  ProviderClient,
  ProviderSettings,
} from "./provider.ts";
export { USAGE_NOTES } from "./usage-reading.ts";

/** One adapter for each kind of provider: a kind without one does not compile. */
const ADAPTERS: Readonly<Record<ProviderKind, (settings: ProviderSettings) => ProviderClient>> = {
  openai: createOpenAiClient,
  bedrock: createBedrockClient,
};

/** A long-lived client; make one for each model and close it when the process stops. */
export function createProviderClient(kind: ProviderKind, settings: ProviderSettings): ProviderClient {
  return ADAPTERS[kind](settings);
}
