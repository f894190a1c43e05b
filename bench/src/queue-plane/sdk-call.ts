import OpenAI from "openai";

/** A provider call as a user writes it: the official SDK as it comes, its own retries off. */
export function sdkCall(providerUrl: string): (prompt: string) => Promise<void> {
  const sdk = new OpenAI({ baseURL: `${providerUrl}/v1`, apiKey: "none", maxRetries: 0 });
  return async (content) => {
    await sdk.chat.completions.create({
      model: "sim-small",
      messages: [{ role: "user", content }],
      max_tokens: 1_024,
    });
  };
}
