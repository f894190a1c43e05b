import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Bill, openMemoryBill } from "./bill/bill.ts";
import type { BillLine } from "./bill/bill-line.ts";
import { openFileBill } from "./bill/file-bill.ts";
import { InFlight, type InFlightReport } from "./calls/in-flight.ts";
import { FaultChooser } from "./faults/fault-chooser.ts";
import { type FaultMix, FaultMixSchema } from "./faults/fault-mix.ts";
import { handleRequest } from "./http/handle-request.ts";

export interface SimulatorOptions {
  readonly host?: string | undefined;
  /** 0, the default, takes a free port. */
  readonly port?: number | undefined;
  /** Fixes every answer, latency and drawn fault. */
  readonly seed?: string | undefined;
  /** Without a file the bill is kept in memory only. */
  readonly billFile?: string | undefined;
  readonly faults?: FaultMix | undefined;
  /** 1 takes as long as a real model, 0 answers at once. */
  readonly latencyScale?: number | undefined;
}

export interface Simulator {
  /** Without a path: OpenAI clients append /v1, Bedrock clients take it as their endpoint. */
  readonly url: string;
  /** Every call billed so far, those of earlier runs on the same file included. */
  bill(): BillLine[];
  inFlight(): InFlightReport;
  /** Throws where a name is no fault or the shares exceed 1. */
  setFaults(mix: FaultMix): void;
  /** Cuts the calls in flight and returns when everything is closed; may be called again. */
  close(): Promise<void>;
}

/** A burst of connections larger than the default backlog would wait for a TCP retransmission. */
const BACKLOG = 4_096;
/** Longer than the idle time of the clients, so that it is always the client who ends an idle connection. */
const KEEP_ALIVE_MS = 120_000;

/** Starts a simulated provider. Rejects where the port is taken or the bill cannot be opened. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0, seed = "1", latencyScale = 1 } = options;
  const faults = new FaultChooser(seed, FaultMixSchema.parse(options.faults ?? {}));
  const inFlight = new InFlight();
  const bill = options.billFile === undefined ? openMemoryBill() : await openFileBill(options.billFile);
  const redirects = { followed: 0 };
  const context = { seed, latencyScale, bill, faults, inFlight, redirects, startedAtMs: Date.now() };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    void handleRequest(context, request, response);
  });
  try {
    server.listen({ host, port, backlog: BACKLOG });
    await once(server, "listening");
  } catch (error) {
    await bill.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return {
    url: urlOf(server),
    bill: () => bill.lines(),
    inFlight: () => inFlight.read(),
    setFaults: (mix) => {
      faults.mix = FaultMixSchema.parse(mix);
    },
    close: () => {
      closing ??= closeAll(server, bill);
      return closing;
    },
  };
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

async function closeAll(server: Server, bill: Bill): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
  await bill.close();
}
