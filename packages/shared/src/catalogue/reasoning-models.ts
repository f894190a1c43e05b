/** OpenAI's, under whatever name a gateway or a deployment has for them; its chat variants do not reason. */
const REASONING = /(?:^|[^a-z0-9])(?:o\d|gpt-5(?!-chat))/i;

/**
 * Whether a model reasons before it answers, by its provider's name for it: then it refuses any temperature but its own, and
 * its reasoning counts as output. One that is not known is taken for an ordinary one.
 */
export function isReasoningModel(providerModel: string): boolean {
  return REASONING.test(providerModel);
}
