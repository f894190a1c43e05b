import { Agent } from "undici";
import { type Answer, Exchange } from "./exchange.ts";
import type { CompletionRequest, ProviderSettings } from "./provider.ts";

const MAX_RESPONSE_BYTES = 8 * 1_048_576;
const MAX_CONNECTIONS = 1_024;
const CONNECT_TIMEOUT_MS = 10_000;

/** One HTTP request as an SDK wants it sent. */
export interface WireRequest {
  /** Scheme, host and port. */
  origin: string;
  /** Path and query. */
  path: string;
  method: string;
  headers: Iterable<readonly [string, string]>;
  body: string | Uint8Array;
}

/**
 * The sockets below an SDK: one pool for the life of a client. It follows no redirect, decodes no compression
 * (none is asked for), retries nothing, and reads at most `maxResponseBytes`.
 */
export class Transport {
  readonly #agent: Agent;
  readonly #maxResponseBytes: number;
  readonly #headers: readonly string[];

  constructor(settings: ProviderSettings) {
    this.#maxResponseBytes = settings.maxResponseBytes ?? MAX_RESPONSE_BYTES;
    this.#headers = Object.entries({ ...settings.headers, "accept-encoding": "identity" }).flat();
    this.#agent = new Agent({
      connections: settings.maxConnections ?? MAX_CONNECTIONS,
      pipelining: 1,
      // One call per connection: a reset then loses one call, and its error belongs to it alone.
      allowH2: false,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      // The absolute deadline of the exchange replaces both; an idle timer never fires on a trickle anyway.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Starts the deadline of a call. The caller must `end()` the exchange. */
  open(request: CompletionRequest): Exchange {
    return new Exchange({
      signal: request.signal,
      timeoutMs: request.timeoutMs,
      maxResponseBytes: this.#maxResponseBytes,
      headers: [
        ...this.#headers,
        "x-switchyard-attempt",
        request.attemptId,
        "x-switchyard-job",
        request.jobId,
      ],
    });
  }

  /** Sends a request and reads the whole answer; rejects with the failure recorded on the exchange. */
  send(exchange: Exchange, wire: WireRequest): Promise<Answer> {
    const headers = [...exchange.headers];
    for (const [name, value] of wire.headers) headers.push(name, value);
    return exchange.run((handler) => {
      this.#agent.dispatch(
        { origin: wire.origin, path: wire.path, method: wire.method, headers, body: wire.body },
        handler,
      );
    });
  }

  /** Closes all sockets at once. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
