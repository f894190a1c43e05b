import { type SimulatorOptions, startSimulator } from "../src/index.ts";

/** Starts a simulator that answers at once and closes with the test's scope. */
export async function usingSimulator(options: SimulatorOptions = {}) {
  const simulator = await startSimulator({ latencyScale: 0, ...options });
  return { ...simulator, [Symbol.asyncDispose]: simulator.close };
}

/** A wire as a test sees it: how to ask, and where the answer is. */
export interface AskedWire {
  readonly name: "openai" | "bedrock";
  ask(url: string, options?: AskOptions): Promise<Response>;
}

interface AskOptions {
  readonly model?: string;
  readonly prompt?: string;
  readonly headers?: Record<string, string>;
  readonly body?: object;
  readonly signal?: AbortSignal;
}

export const OPENAI: AskedWire = {
  name: "openai",
  ask: (url, { model = "sim-small", prompt = "2 + 2", body = {}, ...options } = {}) =>
    post(
      `${url}/v1/chat/completions`,
      { model, messages: [{ role: "user", content: prompt }], ...body },
      options,
    ),
};

export const BEDROCK: AskedWire = {
  name: "bedrock",
  ask: (url, { model = "sim-small", prompt = "2 + 2", body = {}, ...options } = {}) =>
    post(
      `${url}/model/${encodeURIComponent(model)}/converse`,
      { messages: [{ role: "user", content: [{ text: prompt }] }], ...body },
      options,
    ),
};

function post(url: string, body: object, options: AskOptions): Promise<Response> {
  return fetch(url, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json", ...options.headers },
    body: JSON.stringify(body),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** A JSON body, taken for the shape that the test's expectations then check. */
export async function jsonOf<Shape>(response: Response): Promise<Shape> {
  return (await response.json()) as Shape;
}
