import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";

/** A whole response, read to its end. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** Why there is no whole response. */
export interface ExchangeFailure {
  reason: "deadline" | "withdrawn" | "oversize" | "network";
  cause: Error;
}

export interface ExchangeOptions {
  signal: AbortSignal;
  timeoutMs: number;
  maxResponseBytes: number;
  /** Added to whatever headers the SDK sends. */
  headers: readonly string[];
}

// setTimeout fires at once for anything longer.
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * What one call did on the wire. It is kept apart from what an SDK makes of it, because the ledger needs two
 * facts that SDK errors lose: whether a byte may have left, and whether the whole answer came back.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  /** True from the moment before the first byte is written to a connected (and secured) socket. */
  isSent = false;
  answer: Answer | null = null;
  failure: ExchangeFailure | null = null;
  readonly headers: readonly string[];
  readonly #signal: AbortSignal;
  readonly #maxResponseBytes: number;
  readonly #onWithdrawn = () => this.#fail("withdrawn", new Error("the call was withdrawn"));
  readonly #timer: NodeJS.Timeout | undefined;
  #controller: Dispatcher.DispatchController | null = null;
  #waiter: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | null = null;
  #onFailure: ((cause: Error) => void) | null = null;
  #head: { status: number; headers: IncomingHttpHeaders } | null = null;
  #chunks: Buffer[] = [];
  #receivedBytes = 0;

  constructor(options: ExchangeOptions) {
    this.headers = options.headers;
    this.#signal = options.signal;
    this.#maxResponseBytes = options.maxResponseBytes;
    if (options.signal.aborted) this.#onWithdrawn();
    else if (options.timeoutMs <= 0) this.#expire();
    else {
      // One timer and one listener: AbortSignal.any with AbortSignal.timeout does the same for more CPU and garbage.
      this.#timer = setTimeout(() => this.#expire(), Math.min(options.timeoutMs, MAX_TIMER_MS));
      options.signal.addEventListener("abort", this.#onWithdrawn);
    }
  }

  /**
   * Waits for an SDK, but not beyond the failure of the exchange: an SDK may hang before it sends anything, for
   * example while it looks for credentials.
   */
  guard<T>(work: () => PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#onFailure = reject;
      if (this.failure === null) work().then(resolve, reject);
      else reject(this.failure.cause);
    });
  }

  /** Hands the exchange to a dispatcher and waits for the whole answer; rejects when there will be none. */
  run(dispatch: (exchange: Exchange) => void): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject };
      if (this.failure === null) dispatch(this);
      else reject(this.failure.cause);
    });
  }

  /** Lets go of the timer and of the signal. */
  end(): void {
    clearTimeout(this.#timer);
    this.#signal.removeEventListener("abort", this.#onWithdrawn);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // An exchange that failed while it waited for a connection must not be sent any more, and none is sent twice.
    if (this.failure !== null) controller.abort(this.failure.cause);
    else if (this.isSent) controller.abort(new Error("the request would have been sent twice"));
    else {
      this.isSent = true;
      this.#controller = controller;
    }
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 1xx announces an answer and is none.
    if (status >= 200) this.#head = { status, headers };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#receivedBytes += chunk.length;
    const max = this.#maxResponseBytes;
    if (this.#receivedBytes <= max) this.#chunks.push(chunk);
    else this.#fail("oversize", new Error(`the response is longer than ${max} bytes`));
  }

  onResponseEnd(): void {
    if (this.failure !== null || this.#head === null) return;
    const body = this.#chunks.length === 1 ? this.#chunks[0] : undefined;
    this.answer = { ...this.#head, body: body ?? Buffer.concat(this.#chunks) };
    this.#chunks = [];
    this.#waiter?.resolve(this.answer);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail("network", error);
  }

  #expire(): void {
    this.#fail("deadline", new Error("the deadline of the call passed"));
  }

  #fail(reason: ExchangeFailure["reason"], cause: Error): void {
    if (this.answer !== null || this.failure !== null) return;
    this.failure = { reason, cause };
    this.#chunks = [];
    this.#controller?.abort(cause);
    this.#waiter?.reject(cause);
    this.#onFailure?.(cause);
  }
}
