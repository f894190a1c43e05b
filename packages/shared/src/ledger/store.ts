import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { groupCommit } from "../pipeline/index.ts";
import type { ItemKey } from "./keys.ts";
import { readsOn } from "./store-reads.ts";
import type { IndexQuery, Item, ScanFilter, StoredItem, StoreOptions, Update } from "./store-requests.ts";
import { walksOn } from "./store-walks.ts";
import { writesOn } from "./store-writes.ts";
import { watchThrottles } from "./watch-throttles.ts";

export interface Store {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Of an emulator, or absent. */
  readonly endpoint?: string;
  /** Consistent read; gathered with the reads of the same moment. As with all that take one: no more once the signal aborts. */
  get: (key: ItemKey, signal?: AbortSignal) => Promise<StoredItem | null>;
  /** Unconditional write; gathered. Only for items whose key decides their content. */
  put: (item: ItemKey & Item, signal?: AbortSignal) => Promise<void>;
  /** False when an item with that key exists. */
  putIfAbsent: (item: ItemKey & Item, signal?: AbortSignal) => Promise<boolean>;
  /** False when the condition did not hold. */
  update: (update: Update, signal?: AbortSignal) => Promise<boolean>;
  /** False when there is no item with that key. */
  remove: (key: ItemKey, signal?: AbortSignal) => Promise<boolean>;
  /** The keys of the index and of the table; read with eventual consistency. */
  queryIndex: (query: IndexQuery) => Promise<StoredItem[]>;
  /** All items of one partition, in order of sort key; of each only the attributes named, where some are. */
  queryPartition: (pk: string, names?: readonly string[]) => Promise<Item[]>;
  /** The same, page by page, for what must not be held at once. */
  partitionPages: (pk: string, names?: readonly string[]) => AsyncGenerator<Item[]>;
  /** Items of the whole table that are wanted, page by page. */
  scan: (filter: ScanFilter) => AsyncGenerator<StoredItem[]>;
  close: () => void;
}

/** DynamoDB's own bounds of one batch. */
const MAX_BATCH_GET = 100;
const MAX_BATCH_WRITE = 25;

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
  watchThrottles(client, options);
  const reads = readsOn(client, options);
  const walks = walksOn(client, options);
  const writes = writesOn(client, options);
  return {
    client,
    tableName: options.tableName,
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    get: groupCommit(reads.getAll, MAX_BATCH_GET),
    put: groupCommit<ItemKey & Item, void>(writes.putAll, MAX_BATCH_WRITE),
    putIfAbsent: writes.putIfAbsent,
    update: writes.update,
    remove: writes.remove,
    queryIndex: reads.queryIndex,
    queryPartition: walks.queryPartition,
    partitionPages: walks.partitionPages,
    scan: walks.scan,
    close: () => client.destroy(),
  };
}
