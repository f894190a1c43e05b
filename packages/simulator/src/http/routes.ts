import { once } from "node:events";
import { REDIRECT_TARGET, sendWhole } from "../calls/deliver.ts";
import { type CallContext, serveCall } from "../calls/serve-call.ts";
import { FaultMixSchema } from "../faults/fault-mix.ts";
import { SIMULATED_MODELS } from "../models.ts";
import { bedrockWire } from "../wires/bedrock.ts";
import { openaiWire } from "../wires/openai.ts";
import { readShape } from "../wires/read-shape.ts";
import { Refusal } from "../wires/refusals.ts";
import { type Exchange, readJson } from "./exchange.ts";

export interface RouteContext extends CallContext {
  readonly startedAtMs: number;
  readonly redirects: { followed: number };
}

interface Route {
  readonly method: "GET" | "POST" | "*";
  /** One group at most: it becomes the exchange's parameter. */
  readonly path: RegExp;
  readonly serve: (context: RouteContext, exchange: Exchange) => Promise<void> | void;
}

export const ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: /^\/v1\/chat\/completions$/,
    serve: (context, exchange) => serveCall(context, exchange, openaiWire),
  },
  {
    method: "POST",
    path: /^\/model\/([^/]+)\/converse$/,
    serve: (context, exchange) => serveCall(context, exchange, bedrockWire),
  },
  { method: "GET", path: /^\/v1\/models$/, serve: listModels },
  { method: "GET", path: /^\/v1\/models\/([^/]+)$/, serve: showModel },
  {
    method: "GET",
    path: /^\/healthz$/,
    serve: (_context, { response }) => sendJson(response, { status: "ok" }),
  },
  { method: "GET", path: /^\/bill$/, serve: streamBill },
  {
    method: "GET",
    path: /^\/bill\/summary$/,
    serve: ({ bill }, { response }) => sendJson(response, bill.summary()),
  },
  { method: "GET", path: /^\/inflight$/, serve: showInFlight },
  { method: "GET", path: /^\/faults$/, serve: ({ faults }, { response }) => sendJson(response, faults.mix) },
  { method: "POST", path: /^\/faults$/, serve: changeFaults },
  { method: "*", path: new RegExp(`^${REDIRECT_TARGET}$`), serve: countRedirect },
];

function listModels({ startedAtMs }: RouteContext, { response }: Exchange): void {
  const data = [...SIMULATED_MODELS.keys()].map((id) => describeModel(id, startedAtMs));
  sendJson(response, { object: "list", data });
}

function showModel({ startedAtMs }: RouteContext, { response, parameter = "" }: Exchange): void {
  if (!SIMULATED_MODELS.has(parameter))
    throw new Refusal("404", `The model ${JSON.stringify(parameter)} does not exist.`);
  sendJson(response, describeModel(parameter, startedAtMs));
}

function describeModel(id: string, startedAtMs: number): object {
  return { id, object: "model", created: Math.floor(startedAtMs / 1_000), owned_by: "simulator" };
}

async function streamBill({ bill }: RouteContext, { response, query }: Exchange): Promise<void> {
  const after = query.get("after") ?? "0";
  if (!/^\d{1,15}$/.test(after))
    throw new Refusal("400", "after must be a whole number of lines to leave out.");
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  for await (const lines of bill.stream(Number(after))) {
    if (response.destroyed) return;
    if (!response.write(lines)) await Promise.race([once(response, "drain"), once(response, "close")]);
  }
  response.end();
}

function showInFlight({ inFlight, redirects }: RouteContext, { response }: Exchange): void {
  sendJson(response, { ...inFlight.read(), redirectsFollowed: redirects.followed });
}

async function changeFaults({ faults }: RouteContext, { request, response }: Exchange): Promise<void> {
  faults.mix = readShape(FaultMixSchema, await readJson(request));
  sendJson(response, faults.mix);
}

function countRedirect({ redirects }: RouteContext, { response }: Exchange): void {
  redirects.followed += 1;
  sendJson(response, { redirectsFollowed: redirects.followed });
}

function sendJson(response: Exchange["response"], body: object): void {
  const parts = [JSON.stringify(body)];
  sendWhole(response, { status: 200, headers: { "content-type": "application/json" }, parts });
}
