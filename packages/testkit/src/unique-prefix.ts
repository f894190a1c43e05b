import { randomBytes } from "node:crypto";

/**
 * A name no other test file, run or machine uses, for keys and tables on a shared server: `label-` and twelve
 * characters of a-z0-9, legal as a Redis prefix, a queue name and a DynamoDB table name.
 */
export function uniquePrefix(label = "test"): string {
  return `${label}-${randomBytes(6).toString("hex")}`;
}
