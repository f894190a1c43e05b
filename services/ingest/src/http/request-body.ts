import { SwitchyardError } from "@switchyard/shared/errors";
import express, { type Request, type Response } from "express";

/** What the body of a route may be. */
export interface BodyRule {
  /** Content types, without their parameters. */
  types: readonly string[];
  maxBytes: number;
  /** A request without a body is read as none, whatever its content type. */
  isOptional?: true;
}

const MAX_BODY_BYTES = 1_048_576;

/** The body of one submit. */
export const SUBMIT_BODY: BodyRule = { types: ["application/json"], maxBytes: MAX_BODY_BYTES };

/** A body of a few short fields. */
export const SMALL_BODY: BodyRule = { types: ["application/json"], maxBytes: 16_384 };

/** What is to be different in a replay: mostly nothing. */
export const REPLAY_BODY: BodyRule = { ...SMALL_BODY, isOptional: true };

/** The body of up to 1,000 submits; each of them is held to the bound of one. */
export const BATCH_BODY: BodyRule = {
  types: ["application/json", "application/x-ndjson", "application/ndjson"],
  maxBytes: 8 * MAX_BODY_BYTES,
};

/** A content type without its parameters; empty when there is none. */
export function mediaTypeOf(header: string | undefined): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/**
 * Reads bodies as bytes: what they say is parsed elsewhere, after a look at how deep they nest. A body
 * that is too large is read to its end and dropped, because a client that is still sending would not see
 * the answer; the request's time-out bounds that.
 */
export function bodyReader({ types, maxBytes, isOptional }: BodyRule) {
  const read = express.raw({ type: () => true, limit: maxBytes, inflate: false });
  /** @throws SwitchyardError MEDIA_TYPE_WRONG, and what Express throws. */
  return (request: Request, response: Response): Promise<unknown> => {
    if (isOptional && hasNoBody(request)) return Promise.resolve(undefined);
    if (!types.includes(mediaTypeOf(request.get("content-type")))) {
      const detail = `send the body as content type ${types.slice(0, 2).join(" or ")}`;
      return Promise.reject(new SwitchyardError("MEDIA_TYPE_WRONG", detail));
    }
    return new Promise((resolve, reject) => {
      read(request, response, (error: unknown) => (error ? reject(error) : resolve(request.body)));
    });
  };
}

/** As HTTP/1.1 tells it, before anything is read. */
function hasNoBody({ headers }: Request): boolean {
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}
