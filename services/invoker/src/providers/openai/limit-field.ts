/** The name under which a server takes the limit of output tokens. */
export type LimitField = "max_tokens" | "max_completion_tokens";

/** Hosts whose newer models refuse `max_tokens`. */
const COMPLETION_TOKENS_HOSTS: readonly RegExp[] = [/(^|\.)api\.openai\.com$/, /\.openai\.azure\.com$/];

/**
 * Everywhere else it is `max_tokens`, because many compatible servers know nothing else and would answer
 * without a limit.
 */
export function limitFieldOf(baseUrl: string): LimitField {
  const { hostname } = new URL(baseUrl);
  return COMPLETION_TOKENS_HOSTS.some((host) => host.test(hostname)) ? "max_completion_tokens" : "max_tokens";
}
