import { BatchGetItemCommand, type DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { translated } from "./errors.ts";
import type { ItemKey } from "./keys.ts";
import type { IndexQuery, StoredItem, StoreOptions } from "./store-requests.ts";
import {
  counterOf,
  distinct,
  fromWire,
  nameOf,
  pauseBefore,
  roundAfter,
  toWire,
  type WireItem,
} from "./wire.ts";

/** An answer of 1 MB, at 4 KB for a unit, may be cut for its size; one that took less was cut for being too much at once. */
const FULL_ANSWER_UNITS = 256;

/** The requests that read single items, consistently, and pages of an index. */
export function readsOn(client: DynamoDBClient, options: StoreOptions) {
  const { tableName } = options;
  const table = { TableName: tableName, ReturnConsumedCapacity: "TOTAL" as const };
  const count = counterOf(options);

  async function getAll(keys: ItemKey[]): Promise<(StoredItem | null)[]> {
    const found = new Map<string, StoredItem>();
    let pending: WireItem[] = distinct(keys, nameOf).map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
    for (let round = 0; pending.length > 0; ) {
      await pauseBefore(round);
      const request = { RequestItems: { [tableName]: { Keys: pending, ConsistentRead: true } } };
      const answer = await translated(() =>
        client.send(new BatchGetItemCommand({ ...request, ReturnConsumedCapacity: "TOTAL" })),
      );
      count("BatchGetItem", answer.ConsumedCapacity?.[0]);
      for (const wire of answer.Responses?.[tableName] ?? []) {
        const item = fromWire(wire) as StoredItem;
        found.set(nameOf(item), item);
      }
      const left = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
      const { CapacityUnits = 0 } = answer.ConsumedCapacity?.[0] ?? {};
      if (left.length > 0 && CapacityUnits < FULL_ANSWER_UNITS) options.onThrottle?.("BatchGetItem");
      round = roundAfter(round, pending.length, left.length);
      pending = left;
    }
    return keys.map((key) => found.get(nameOf(key)) ?? null);
  }

  async function queryIndex(query: IndexQuery): Promise<StoredItem[]> {
    const { index, hash, range, limit, after, isDescending } = query;
    const [rangeCondition, rangeValues] = range ?? [null, {}];
    const answer = await translated(() =>
      client.send(
        new QueryCommand({
          ...table,
          IndexName: index,
          KeyConditionExpression: `${hash[0]} = :hash${rangeCondition === null ? "" : ` AND ${rangeCondition}`}`,
          ExpressionAttributeValues: toWire({ ":hash": hash[1], ...rangeValues }),
          Limit: limit,
          ...startAfter(after && toWire(after)),
          ScanIndexForward: isDescending !== true,
        }),
      ),
    );
    count("Query", answer.ConsumedCapacity);
    return (answer.Items ?? []).map((item) => fromWire(item) as StoredItem);
  }

  return { getAll, queryIndex };
}

function startAfter(last: WireItem | undefined) {
  return last === undefined ? {} : { ExclusiveStartKey: last };
}
