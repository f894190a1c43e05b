import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ProviderKind } from "@switchyard/shared/catalogue";
import { createProviderClient } from "./index.ts";
import type { ProviderClient, ProviderSettings } from "./provider.ts";

/** Both stand in what providers send back, to show that neither comes through in an error. */
export const SECRETS = { prompt: "Say MARIGOLD", apiKey: "sk-conformance-key" };

/** A client for a server at `url`, which speaks both wire formats. */
export function clientFor(
  kind: ProviderKind,
  url: string,
  settings: Pick<ProviderSettings, "headers" | "maxConnections"> = {},
): ProviderClient {
  const baseUrl = kind === "openai" ? `${url}/v1` : url;
  return createProviderClient(kind, { baseUrl, apiKey: SECRETS.apiKey, region: "eu-central-1", ...settings });
}

/** A bare HTTP server that a test tells what to answer, and a client that calls it. */
export class Stand {
  readonly kind: ProviderKind;
  /** Called when the whole request has arrived. */
  answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};
  onBody: (body: string) => void = () => {};
  url = "";
  readonly #server: Server;
  #client: ProviderClient | undefined;

  constructor(kind: ProviderKind) {
    this.kind = kind;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        this.onBody(Buffer.concat(chunks).toString("utf8"));
        this.answer(request, response);
      });
    });
  }

  get client(): ProviderClient {
    this.#client ??= clientFor(this.kind, this.url);
    return this.#client;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await this.#client?.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
