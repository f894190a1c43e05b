import { asSwitchyardError, SwitchyardError } from "@switchyard/shared/errors";

/** Errors of Express and of its body reader, translated once. */
export function fromExpress(error: unknown): SwitchyardError {
  if (error instanceof SwitchyardError) return error;
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  const options = { cause: error };
  if (type === "entity.too.large") {
    return new SwitchyardError("BODY_TOO_LARGE", "the body is larger than this route takes", options);
  }
  if (type === "encoding.unsupported") {
    return new SwitchyardError("MEDIA_TYPE_WRONG", "send the body without Content-Encoding", options);
  }
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new SwitchyardError("REQUEST_INVALID", "the request is not valid HTTP for this route", options);
  }
  return asSwitchyardError(error);
}
