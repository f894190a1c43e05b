import { type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { translated } from "./errors.ts";
import type { Item, StoreOptions } from "./store-requests.ts";
import { counterOf, fromWire, type WireItem } from "./wire.ts";

/** The requests that read many items, page by page and consistently. */
export function walksOn(client: DynamoDBClient, options: StoreOptions) {
  const table = {
    TableName: options.tableName,
    ReturnConsumedCapacity: "TOTAL" as const,
    ConsistentRead: true,
  };
  const count = counterOf(options);

  async function queryPartition(pk: string, names: readonly string[] = []): Promise<Item[]> {
    const items: Item[] = [];
    let start: WireItem | undefined;
    do {
      const query = new QueryCommand({
        ...table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: pk } },
        ...projectionOf(names),
        ...startAfter(start),
      });
      const answer = await translated(() => client.send(query));
      count("Query", answer.ConsumedCapacity);
      for (const item of answer.Items ?? []) items.push(fromWire(item));
      start = answer.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  }

  return { queryPartition };
}

function projectionOf(names: readonly string[]) {
  if (names.length === 0) return {};
  return {
    ProjectionExpression: names.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
  };
}

function startAfter(last: WireItem | undefined) {
  return last === undefined ? {} : { ExclusiveStartKey: last };
}
