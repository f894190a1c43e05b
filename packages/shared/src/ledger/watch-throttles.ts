import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LEDGER_OPERATIONS, type StoreOptions } from "./store-requests.ts";

/** How DynamoDB says that it is asked for more than the table, an index, or the account may have. */
const THROTTLES = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);

/** Tells the owner of the store of every refusal, which the client would only tell of once its own repeats have failed. */
export function watchThrottles(client: DynamoDBClient, { onThrottle }: StoreOptions): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (request) => {
        try {
          return await next(request);
        } catch (error) {
          const operation = LEDGER_OPERATIONS.find((name) => commandName === `${name}Command`);
          if (operation !== undefined && error instanceof Error && THROTTLES.has(error.name))
            onThrottle?.(operation);
          throw error;
        }
      },
    // Around the reading of one answer, and so inside of the client's repeats.
    { step: "deserialize", priority: "high", name: "watchThrottles" },
  );
}
