import { randomBytes } from "node:crypto";
import type { Ledger, Scope } from "@switchyard/shared/ledger";
import type { Request, Response } from "express";
import type { Caller } from "../access.ts";
import type { Reserve } from "../reserve.ts";
import type { SummonInTime } from "../summon-in-time.ts";
import type { BodyRule } from "./request-body.ts";
import type { RequestTime } from "./request-time.ts";

/** One route: the table of them is the whole API, and the only place where a scope is given. */
export interface Route {
  method: "get" | "post" | "put" | "delete";
  path: string;
  scope: Scope;
  /** Null: no body is read. */
  body: BodyRule | null;
  /** The handler reads and checks the query; everywhere else a parameter is refused, never ignored. */
  hasQuery?: true;
  handle: (request: ApiRequest, response: Response) => Promise<void>;
}

/** A request whose caller is known. */
export interface ApiRequest {
  http: Request;
  caller: Caller;
  /** The body as bytes; undefined when there is none or the route reads none. */
  body: unknown;
  /** Aborts when the client goes away. */
  signal: AbortSignal;
  within: Within;
}

/** What a request depends on, each for no longer than the request has time. There is no other way to them. */
export interface Within {
  ledger: Ledger;
  summon: SummonInTime;
  reserve: Reserve;
  time: RequestTime;
}

/** What a route is made with: the rest of its options comes within each request. */
export type Standing<Options> = Omit<Options, "ledger" | "summon" | "reserve">;

const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

/** A caller's own id is kept when it is harmless, so that both sides can find a request. */
export function requestIdOf(header: string | undefined): string {
  return header !== undefined && REQUEST_ID.test(header)
    ? header
    : `req_${randomBytes(12).toString("base64url")}`;
}
