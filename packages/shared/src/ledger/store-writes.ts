import {
  BatchWriteItemCommand,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { translated } from "./errors.ts";
import type { ItemKey } from "./keys.ts";
import type { Item, StoreOptions, Update } from "./store-requests.ts";
import { counterOf, distinct, nameOf, pauseBefore, roundAfter, toWire } from "./wire.ts";

/** The requests that write: each is one item with its condition, or a batch without any. */
export function writesOn(client: DynamoDBClient, options: StoreOptions) {
  const { tableName } = options;
  const table = { TableName: tableName, ReturnConsumedCapacity: "TOTAL" as const };
  const count = counterOf(options);

  async function putAll(items: (ItemKey & Item)[]): Promise<undefined[]> {
    let pending = distinct(items, nameOf).map((item) => ({ PutRequest: { Item: toWire(item) } }));
    for (let round = 0; pending.length > 0; ) {
      await pauseBefore(round);
      const request = { RequestItems: { [tableName]: pending }, ReturnConsumedCapacity: "TOTAL" as const };
      const answer = await translated(() => client.send(new BatchWriteItemCommand(request)));
      count("BatchWriteItem", answer.ConsumedCapacity?.[0]);
      const left = (answer.UnprocessedItems?.[tableName] ?? []) as typeof pending;
      // No batch of ours comes near the bound of its size, so that only what is too much at once is left.
      if (left.length > 0) options.onThrottle?.("BatchWriteItem");
      round = roundAfter(round, pending.length, left.length);
      pending = left;
    }
    return items.map(() => undefined);
  }

  async function putIfAbsent(item: ItemKey & Item, signal?: AbortSignal): Promise<boolean> {
    return ifConditionHolds(async () => {
      const answer = await client.send(
        new PutItemCommand({ ...table, Item: toWire(item), ConditionExpression: "attribute_not_exists(pk)" }),
        abortedBy(signal),
      );
      count("PutItem", answer.ConsumedCapacity);
    });
  }

  async function update(change: Update, signal?: AbortSignal): Promise<boolean> {
    return ifConditionHolds(async () => {
      const command = new UpdateItemCommand({ ...table, ...updateExpression(change) });
      const answer = await client.send(command, abortedBy(signal));
      count("UpdateItem", answer.ConsumedCapacity);
    });
  }

  async function remove(key: ItemKey, signal?: AbortSignal): Promise<boolean> {
    return ifConditionHolds(async () => {
      const answer = await client.send(
        new DeleteItemCommand({
          ...table,
          Key: toWire({ ...key }),
          ConditionExpression: "attribute_exists(pk)",
        }),
        abortedBy(signal),
      );
      count("DeleteItem", answer.ConsumedCapacity);
    });
  }

  return { putAll, putIfAbsent, update, remove };
}

function abortedBy(signal: AbortSignal | undefined) {
  return signal === undefined ? {} : { abortSignal: signal };
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

function withoutUndefined(item: Item): Item {
  return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== undefined));
}
