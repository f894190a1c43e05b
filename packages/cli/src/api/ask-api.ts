import { readEnvironment } from "@switchyard/shared/config";
import { z } from "zod";
import { CommandFailure } from "../failure.ts";
import { cliSettings } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

/** Several times what the API itself takes before it gives up. */
const TIMEOUT_MS = 30_000;

export interface ApiRequest {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Starts with `/v1/`. */
  path: string;
  /** What is undefined is left out. */
  query?: Readonly<Record<string, string | undefined>>;
  accept?: "application/json" | "text/csv";
  body?: unknown;
}

/**
 * The body that the API answers with.
 * @throws CommandFailure in one line: what went wrong, and what to do. SwitchyardError CONFIG_INVALID for settings.
 */
export async function askApi(terminal: Terminal, request: ApiRequest): Promise<string> {
  const { url, apiKey } = readEnvironment(cliSettings, terminal);
  const { method = "GET", accept = "application/json", body } = request;
  const response = await answerOf(url, {
    method,
    url: addressOf(url, request),
    headers: {
      accept,
      authorization: `Bearer ${apiKey}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.isOk) return response.text;
  throw refusalOf(response);
}

/**
 * The same, as the JSON that it must be.
 * @throws CommandFailure also when it is something else.
 */
export async function askApiFor<Schema extends z.ZodType>(
  terminal: Terminal,
  schema: Schema,
  request: ApiRequest,
): Promise<z.infer<Schema>> {
  const parsed = schema.safeParse(jsonIn(await askApi(terminal, request)));
  if (parsed.success) return parsed.data;
  throw new CommandFailure(
    "the answer is not one of a Switchyard of this release; check SWITCHYARD_URL and both releases",
  );
}

interface Answer {
  isOk: boolean;
  status: number;
  retryAfter: string | null;
  text: string;
}

async function answerOf(
  url: string,
  { url: address, ...init }: RequestInit & { url: string },
): Promise<Answer> {
  try {
    const response = await fetch(address, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { ok: isOk, status, headers } = response;
    return { isOk, status, retryAfter: headers.get("retry-after"), text: await response.text() };
  } catch (error) {
    const why =
      error instanceof Error && error.name === "TimeoutError"
        ? "does not answer in time"
        : "cannot be reached";
    const todo = "start it with `npm start`, or set SWITCHYARD_URL to where it is";
    throw new CommandFailure(`${new URL(url).host} ${why}; ${todo}`, 2, { cause: error });
  }
}

/** An address may have a path of its own, behind a proxy, and the `/v1` that `npm start` shows. */
function addressOf(url: string, { path, query = {} }: ApiRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, value);
  return `${url.replace(/(\/v1)?\/*$/, "")}${path}${search.size === 0 ? "" : `?${search}`}`;
}

const Problem = z.object({ code: z.string(), detail: z.string(), request_id: z.string().optional() });

/** 1 where asking again in the same way is of no use, else 2. */
function refusalOf({ status, retryAfter, text }: Answer): CommandFailure {
  const parsed = Problem.safeParse(jsonIn(text));
  if (!parsed.success)
    return new CommandFailure(`status ${status}, and not from Switchyard; check SWITCHYARD_URL`);
  const { code, detail, request_id: requestId } = parsed.data;
  const what = `${detail.replace(/\.$/, "")} (${status} ${code})`;
  return new CommandFailure(
    `${what}; ${todoOf(status, { retryAfter, requestId })}`,
    status >= 500 || status === 429 ? 2 : 1,
  );
}

const TODO: Readonly<Record<number, string>> = {
  400: "correct it, or see --help",
  401: "set SWITCHYARD_API_KEY to a key that is valid",
  403: "use a key that has the scope: `switchyard keys create --help`",
  404: "check the name, and that the key is of the tenant that it belongs to",
};

function todoOf(
  status: number,
  { retryAfter, requestId }: { retryAfter: string | null; requestId: string | undefined },
): string {
  if (retryAfter !== null) return `try again in ${retryAfter} s`;
  if (status >= 500) return `see the log of the API for ${requestId ?? "the time of the request"}`;
  return TODO[status] ?? "see docs/errors.md";
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
