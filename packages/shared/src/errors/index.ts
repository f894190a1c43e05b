export type { ErrorCode, ErrorKind, ErrorRow } from "./catalogue.ts";
export { ERROR_KINDS, ERRORS, errorRow, statusOf } from "./catalogue.ts";
export type { FieldProblem, SwitchyardErrorOptions } from "./switchyard-error.ts";
export { asSwitchyardError, SwitchyardError } from "./switchyard-error.ts";
