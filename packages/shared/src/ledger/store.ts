import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { groupCommit } from "../pipeline/index.ts";
import { translated } from "./errors.ts";
import type { ItemKey } from "./keys.ts";

export type Item = Record<string, unknown>;
type WireItem = Record<string, AttributeValue>;

export interface StoreOptions {
  tableName: string;
  region: string;
  /** Absent on AWS; the address of an emulator elsewhere. */
  endpoint?: string;
  /** Told of every request, for the count of requests and capacity units. */
  onRequest?: (operation: string, capacityUnits: number) => void;
}

/** One update: `set` replaces attributes, `remove` drops them, `add` adds numbers or set members. */
export interface Update {
  key: ItemKey;
  set?: Item;
  remove?: readonly string[];
  add?: Item;
  /** Condition over `#name` and `:value`; names are derived, values come from `values`. */
  condition: string;
  values?: Item;
}

export interface IndexQuery {
  index: string;
  hash: [name: string, value: string];
  range?: [condition: string, values: Item];
  limit: number;
  isDescending?: boolean;
}

export interface Store {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Consistent read; gathered with the reads of the same moment. */
  get: (key: ItemKey) => Promise<Item | null>;
  /** Unconditional write; gathered. Only for items whose key decides their content. */
  put: (item: ItemKey & Item) => Promise<void>;
  /** False when an item with that key exists. */
  putIfAbsent: (item: ItemKey & Item) => Promise<boolean>;
  /** False when the condition did not hold. */
  update: (update: Update) => Promise<boolean>;
  queryIndex: (query: IndexQuery) => Promise<ItemKey[]>;
  /** All items of one partition, in order of sort key. */
  queryPartition: (pk: string) => Promise<Item[]>;
  close: () => void;
}

/** DynamoDB's own bounds of one batch. */
const MAX_BATCH_GET = 100;
const MAX_BATCH_WRITE = 25;
/** A batch that DynamoDB keeps answering in part is given up after this many rounds. */
const MAX_BATCH_ROUNDS = 8;

export function openStore(options: StoreOptions): Store {
  const client = new DynamoDBClient({
    region: options.region,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    maxAttempts: 3,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: 1_000,
      requestTimeout: 3_000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: 256 },
      httpsAgent: { keepAlive: true, maxSockets: 256 },
    }),
  });
  const requests = requestsOf(client, options);
  const get = groupCommit(requests.getAll, MAX_BATCH_GET);
  const put = groupCommit(requests.putAll, MAX_BATCH_WRITE);
  return {
    client,
    tableName: options.tableName,
    get,
    put: (item) => put(item),
    putIfAbsent: requests.putIfAbsent,
    update: requests.update,
    queryIndex: requests.queryIndex,
    queryPartition: requests.queryPartition,
    close: () => client.destroy(),
  };
}

function requestsOf(client: DynamoDBClient, { tableName, onRequest }: StoreOptions) {
  const table = { TableName: tableName, ReturnConsumedCapacity: "TOTAL" as const };

  function count(operation: string, capacity: { CapacityUnits?: number | undefined } | undefined): void {
    onRequest?.(operation, capacity?.CapacityUnits ?? 0);
  }

  async function getAll(keys: ItemKey[]): Promise<(Item | null)[]> {
    const found = new Map<string, Item>();
    let pending: WireItem[] = distinct(keys, nameOf).map(({ pk, sk }) => ({ pk: { S: pk }, sk: { S: sk } }));
    for (let round = 0; pending.length > 0; round += 1) {
      await pauseBefore(round);
      const request = { RequestItems: { [tableName]: { Keys: pending, ConsistentRead: true } } };
      const answer = await translated(() =>
        client.send(new BatchGetItemCommand({ ...request, ReturnConsumedCapacity: "TOTAL" })),
      );
      count("BatchGetItem", answer.ConsumedCapacity?.[0]);
      for (const wire of answer.Responses?.[tableName] ?? []) {
        const item = fromWire(wire);
        found.set(nameOf(item as Item & ItemKey), item);
      }
      pending = answer.UnprocessedKeys?.[tableName]?.Keys ?? [];
    }
    return keys.map((key) => found.get(nameOf(key)) ?? null);
  }

  async function putAll(items: (ItemKey & Item)[]): Promise<undefined[]> {
    let pending = distinct(items, nameOf).map((item) => ({ PutRequest: { Item: toWire(item) } }));
    for (let round = 0; pending.length > 0; round += 1) {
      await pauseBefore(round);
      const request = { RequestItems: { [tableName]: pending }, ReturnConsumedCapacity: "TOTAL" as const };
      const answer = await translated(() => client.send(new BatchWriteItemCommand(request)));
      count("BatchWriteItem", answer.ConsumedCapacity?.[0]);
      pending = (answer.UnprocessedItems?.[tableName] ?? []) as typeof pending;
    }
    return items.map(() => undefined);
  }

  async function putIfAbsent(item: ItemKey & Item): Promise<boolean> {
    return ifConditionHolds(async () => {
      const answer = await client.send(
        new PutItemCommand({ ...table, Item: toWire(item), ConditionExpression: "attribute_not_exists(pk)" }),
      );
      count("PutItem", answer.ConsumedCapacity);
    });
  }

  async function update(change: Update): Promise<boolean> {
    return ifConditionHolds(async () => {
      const answer = await client.send(new UpdateItemCommand({ ...table, ...updateExpression(change) }));
      count("UpdateItem", answer.ConsumedCapacity);
    });
  }

  async function queryIndex({ index, hash, range, limit, isDescending }: IndexQuery): Promise<ItemKey[]> {
    const [rangeCondition, rangeValues] = range ?? [null, {}];
    const answer = await translated(() =>
      client.send(
        new QueryCommand({
          ...table,
          IndexName: index,
          KeyConditionExpression: `${hash[0]} = :hash${rangeCondition === null ? "" : ` AND ${rangeCondition}`}`,
          ExpressionAttributeValues: toWire({ ":hash": hash[1], ...rangeValues }),
          Limit: limit,
          ScanIndexForward: isDescending !== true,
        }),
      ),
    );
    count("Query", answer.ConsumedCapacity);
    return (answer.Items ?? []).map((item) => fromWire(item) as Item & ItemKey);
  }

  async function queryPartition(pk: string): Promise<Item[]> {
    const items: Item[] = [];
    let start: WireItem | undefined;
    do {
      const answer = await translated(() =>
        client.send(
          new QueryCommand({
            ...table,
            ConsistentRead: true,
            KeyConditionExpression: "pk = :pk",
            ExpressionAttributeValues: { ":pk": { S: pk } },
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        ),
      );
      count("Query", answer.ConsumedCapacity);
      items.push(...(answer.Items ?? []).map(fromWire));
      start = answer.LastEvaluatedKey;
    } while (start !== undefined);
    return items;
  }

  return { getAll, putAll, putIfAbsent, update, queryIndex, queryPartition };
}

async function ifConditionHolds(send: () => Promise<void>): Promise<boolean> {
  try {
    await translated(send);
    return true;
  } catch (error) {
    if ((error as Error).cause instanceof Error) {
      if (((error as Error).cause as Error).name === "ConditionalCheckFailedException") return false;
    }
    throw error;
  }
}

function updateExpression(change: Update) {
  const names: Record<string, string> = {};
  const values: Item = { ...change.values };
  const part = (attributes: Item, operator: string) =>
    Object.entries(attributes).map(([name, value]) => {
      names[`#${name}`] = name;
      values[`:${name}`] = value;
      return `#${name}${operator}:${name}`;
    });
  const set = part(withoutUndefined(change.set ?? {}), " = ");
  const add = part(change.add ?? {}, " ");
  const remove = (change.remove ?? []).map((name) => {
    names[`#${name}`] = name;
    return `#${name}`;
  });
  for (const [, name] of change.condition.matchAll(/#(\w+)/g)) names[`#${name}`] = name as string;
  const clauses = [
    set.length > 0 ? `SET ${set.join(", ")}` : "",
    add.length > 0 ? `ADD ${add.join(", ")}` : "",
    remove.length > 0 ? `REMOVE ${remove.join(", ")}` : "",
  ];
  return {
    Key: toWire({ ...change.key }),
    UpdateExpression: clauses.filter((clause) => clause !== "").join(" "),
    ConditionExpression: change.condition,
    ...(Object.keys(names).length > 0 ? { ExpressionAttributeNames: names } : {}),
    ExpressionAttributeValues: toWire(values),
  };
}

function toWire(item: Item): WireItem {
  return marshall(item, { removeUndefinedValues: true });
}

/** Whole numbers that a double cannot hold arrive as bigint, so no money is ever rounded. */
function fromWire(item: WireItem): Item {
  return unmarshall(item, {
    wrapNumbers: (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)),
  });
}

function nameOf(key: ItemKey): string {
  return `${key.pk}\n${key.sk}`;
}

function distinct<Value>(values: readonly Value[], by: (value: Value) => string): Value[] {
  return [...new Map(values.map((value) => [by(value), value])).values()];
}

function withoutUndefined(item: Item): Item {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}

async function pauseBefore(round: number): Promise<void> {
  if (round === 0) return;
  if (round >= MAX_BATCH_ROUNDS) await translated(() => Promise.reject(new Error("batch stays unprocessed")));
  await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2_000, 25 * 2 ** round)));
}
