import { parseArgs } from "node:util";
import { Pool } from "undici";
// No service may export this for us, and none needs to.
import { createProviderClient } from "../../../services/invoker/src/providers/index.ts";
import { closedLoop } from "../closed-loop.ts";
import { ownCpuMs } from "../meters/process-cpu.ts";
import { promptOf } from "../prompts.ts";
import { sdkCall } from "../queue-plane/sdk-call.ts";

const IN_FLIGHT = 64;
const { values } = parseArgs({
  options: {
    side: { type: "string", default: "undici" },
    provider: { type: "string", default: "http://127.0.0.1:4010" },
    calls: { type: "string", default: "2000" },
  },
});
const messages = [{ role: "user" as const, content: promptOf(0) }];

/** The reference: the cheapest client there is, its answer read and parsed. */
function undiciCall(url: string) {
  const pool = new Pool(url, { connections: IN_FLIGHT, pipelining: 1 });
  return async () => {
    const { body } = await pool.request({
      path: "/v1/chat/completions",
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "sim-small", messages, max_tokens: 1_024 }),
    });
    await body.json();
  };
}

function adapterCall(kind: "openai" | "bedrock", url: string) {
  const baseUrl = kind === "openai" ? `${url}/v1` : url;
  const client = createProviderClient(kind, { baseUrl, apiKey: null, region: "us-east-1" });
  const request = {
    jobId: "job",
    providerModel: "sim-small",
    messages,
    maxOutputTokens: 1_024,
    bytesPerToken: 3,
  };
  return async (index: number) => {
    const { signal } = new AbortController();
    const outcome = await client.complete({
      ...request,
      attemptId: `job.${index}`,
      timeoutMs: 30_000,
      signal,
    });
    if (outcome.kind !== "settled") throw new Error(`the call ended as ${outcome.kind}`);
  };
}

function callOf(side: string, url: string): (index: number) => Promise<void> {
  switch (side) {
    case "openai":
    case "bedrock":
      return adapterCall(side, url);
    case "sdk": {
      const call = sdkCall(url);
      return () => call(messages[0]?.content ?? "");
    }
    default:
      return undiciCall(url);
  }
}

const call = callOf(values.side, values.provider);
const count = Number(values.calls);
await closedLoop({ count: Math.ceil(count / 2), inFlight: IN_FLIGHT }, call);
const beforeMs = ownCpuMs();
await closedLoop({ count, inFlight: IN_FLIGHT }, call);
process.stdout.write(`result ${JSON.stringify({ cpuUs: (1_000 * (ownCpuMs() - beforeMs)) / count })}\n`);
process.exit(0);
