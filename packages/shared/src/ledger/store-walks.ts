import { type DynamoDBClient, QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { translated } from "./errors.ts";
import type { Item, ScanFilter, StoredItem, StoreOptions } from "./store-requests.ts";
import { counterOf, fromWire, toWire, type WireItem } from "./wire.ts";

/** The requests that read many items, page by page and consistently. */
export function walksOn(client: DynamoDBClient, options: StoreOptions) {
  const table = {
    TableName: options.tableName,
    ReturnConsumedCapacity: "TOTAL" as const,
    ConsistentRead: true,
  };
  const count = counterOf(options);

  async function* partitionPages(pk: string, names: readonly string[] = []): AsyncGenerator<Item[]> {
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
      yield (answer.Items ?? []).map(fromWire);
      start = answer.LastEvaluatedKey;
    } while (start !== undefined);
  }

  async function queryPartition(pk: string, names: readonly string[] = []): Promise<Item[]> {
    const items: Item[] = [];
    for await (const page of partitionPages(pk, names)) for (const item of page) items.push(item);
    return items;
  }

  async function* scan({ condition, values }: ScanFilter): AsyncGenerator<StoredItem[]> {
    let start: WireItem | undefined;
    do {
      const filter = { FilterExpression: condition, ExpressionAttributeValues: toWire(values) };
      const command = new ScanCommand({ ...table, ...filter, ...startAfter(start) });
      const answer = await translated(() => client.send(command));
      count("Scan", answer.ConsumedCapacity);
      yield (answer.Items ?? []).map((item) => fromWire(item) as StoredItem);
      start = answer.LastEvaluatedKey;
    } while (start !== undefined);
  }

  return { partitionPages, queryPartition, scan };
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
