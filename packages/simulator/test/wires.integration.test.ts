import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { BEDROCK, jsonOf, OPENAI, usingSimulator } from "./support.ts";

describe("OpenAI chat completions", () => {
  it("a completion has the shape and the headers the official client reads", async () => {
    await using simulator = await usingSimulator();
    const response = await OPENAI.ask(simulator.url, { prompt: "Capital of Peru?" });
    const requestId = response.headers.get("x-request-id");
    expect(requestId).toMatch(/^req_[0-9a-f]{32}$/);
    expect(await jsonOf(response)).toEqual({
      id: `chatcmpl-${requestId}`,
      object: "chat.completion",
      created: expect.any(Number),
      model: "sim-small",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "Lima.", refusal: null },
          logprobs: null,
          finish_reason: "stop",
        },
      ],
      usage: {
        prompt_tokens: 11,
        completion_tokens: 2,
        total_tokens: 13,
        prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
        completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
      },
    });
  });

  it.each(["max_tokens", "max_completion_tokens"])("%s cuts the answer and says so", async (limit) => {
    await using simulator = await usingSimulator();
    const response = await OPENAI.ask(simulator.url, {
      prompt: "Describe a lighthouse",
      body: { [limit]: 3 },
    });
    expect(await jsonOf(response)).toMatchObject({
      choices: [{ finish_reason: "length" }],
      usage: { completion_tokens: 3 },
    });
  });

  it("a stream gives the same text in chunks, its usage when asked, and an end", async () => {
    await using simulator = await usingSimulator();
    const prompt = "Describe a lighthouse in a storm";
    const plain = await jsonOf<{ choices: { message: { content: string } }[]; usage: object }>(
      await OPENAI.ask(simulator.url, { prompt }),
    );
    const body = { stream: true, stream_options: { include_usage: true } };
    const streamed = await OPENAI.ask(simulator.url, { prompt, body });
    expect(streamed.headers.get("content-type")).toBe("text/event-stream");

    const events = (await streamed.text()).split("\n\n").filter((event) => event !== "");
    expect(events.pop()).toBe("data: [DONE]");
    const chunks = events.map((event) => JSON.parse(event.slice("data: ".length)));
    const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("");
    expect(text).toBe(plain.choices[0]?.message.content);
    expect(chunks[0].choices[0].delta.role).toBe("assistant");
    expect(chunks.at(-2).choices[0].finish_reason).toBe("stop");
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: plain.usage });
  });

  it("a stream says nothing of usage when it was not asked", async () => {
    await using simulator = await usingSimulator();
    const response = await OPENAI.ask(simulator.url, { body: { stream: true } });
    expect(await response.text()).not.toContain("usage");
  });

  it("the models are listed", async () => {
    await using simulator = await usingSimulator();
    const list = await jsonOf<{ data: { id: string }[] }>(await fetch(`${simulator.url}/v1/models`));
    expect(list.data.map(({ id }) => id)).toEqual(["sim-small", "sim-math", "sim-large"]);
    expect((await fetch(`${simulator.url}/v1/models/sim-math`)).status).toBe(200);
    expect((await fetch(`${simulator.url}/v1/models/gpt`)).status).toBe(404);
  });
});

describe("Bedrock Converse", () => {
  it("an answer has the shape and the headers the official client reads", async () => {
    await using simulator = await usingSimulator();
    const headers = { "x-sim-cached-tokens": "5" };
    const response = await BEDROCK.ask(simulator.url, {
      model: "us.anthropic.claude:0",
      prompt: "Capital of Peru?",
      headers,
    });
    expect(response.headers.get("x-amzn-requestid")).toMatch(/^[0-9a-f-]{36}$/);
    expect(await jsonOf(response)).toEqual({
      output: { message: { role: "assistant", content: [{ text: "Lima." }] } },
      stopReason: "end_turn",
      usage: {
        inputTokens: 6,
        outputTokens: 2,
        totalTokens: 13,
        cacheReadInputTokens: 5,
        cacheWriteInputTokens: 0,
      },
      metrics: { latencyMs: 0 },
    });
    expect(simulator.bill()).toMatchObject([
      { model: "us.anthropic.claude:0", wire: "bedrock", inputTokens: 11, cachedInputTokens: 5 },
    ]);
  });

  it("maxTokens cuts the answer and says so", async () => {
    await using simulator = await usingSimulator();
    const body = { inferenceConfig: { maxTokens: 3 } };
    const response = await BEDROCK.ask(simulator.url, { prompt: "Describe a lighthouse", body });
    expect(await jsonOf(response)).toMatchObject({ stopReason: "max_tokens", usage: { outputTokens: 3 } });
  });
});

describe("bad input gets a declared refusal, is not billed, and harms nobody", () => {
  it.each([
    ["no model", "/v1/chat/completions", '{"messages":[{"role":"user","content":"hi"}]}', 400],
    ["no messages", "/v1/chat/completions", '{"model":"sim-small","messages":[]}', 400],
    ["not JSON", "/v1/chat/completions", "{", 400],
    ["nothing", "/v1/chat/completions", "", 400],
    ["an array", "/v1/chat/completions", "[]", 400],
    ["null", "/model/sim-small/converse", "null", 400],
    ["a million brackets", "/v1/chat/completions", "[".repeat(1_000_000), 400],
    ["two choices", "/v1/chat/completions", '{"model":"m","n":2,"messages":[{"role":"user"}]}', 400],
    ["zero tokens", "/v1/chat/completions", '{"model":"m","max_tokens":0,"messages":[{"role":"user"}]}', 400],
    ["broken percent-encoding", "/model/%zz/converse", "{}", 400],
    ["a role Bedrock lacks", "/model/m/converse", '{"messages":[{"role":"tool","content":[{}]}]}', 400],
    ["more than 8 MB", "/v1/chat/completions", `"${"x".repeat(9 * 1024 * 1024)}"`, 413],
    ["an unknown path", "/v1/embeddings", "{}", 404],
    ["the wrong method", "/healthz", "{}", 405],
    ["an unknown fault in the mix", "/faults", '{"hangs":0.1}', 400],
  ])("%s", async (_name, path, body, status) => {
    await using simulator = await usingSimulator();
    const response = await fetch(simulator.url + path, { method: "POST", body });
    expect(response.status).toBe(status);
    const shape = await jsonOf<{ message?: string; error?: { message: string } }>(response);
    if (response.headers.has("x-amzn-errortype")) expect(shape.message).toEqual(expect.any(String));
    else expect(shape.error?.message).toEqual(expect.any(String));
    expect(simulator.bill()).toEqual([]);
    expect((await fetch(`${simulator.url}/healthz`)).status).toBe(200);
  });

  it.each([
    ["x-sim-latency-ms", "soon"],
    ["x-sim-cached-tokens", "-1"],
    ["x-sim-fault", "429;retry=1"],
  ])("header %s: %s", async (name, value) => {
    await using simulator = await usingSimulator();
    const response = await OPENAI.ask(simulator.url, { headers: { [name]: value } });
    expect(response.status).toBe(400);
    expect(simulator.bill()).toEqual([]);
  });

  it("a caller who leaves in the middle of a body", async () => {
    await using simulator = await usingSimulator();
    const cut = request(`${simulator.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-length": "1000" },
    });
    cut.on("error", () => undefined);
    cut.write("{");
    await expect.poll(() => simulator.inFlight().now).toBe(1);
    cut.destroy();
    await expect.poll(() => simulator.inFlight().now).toBe(0);
    expect((await OPENAI.ask(simulator.url)).status).toBe(200);
  });
});
