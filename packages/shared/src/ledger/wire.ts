import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { translated } from "./errors.ts";
import type { ItemKey } from "./keys.ts";
import type { Item, LedgerOperation, StoreOptions } from "./store-requests.ts";

export type WireItem = Record<string, AttributeValue>;

export function toWire(item: Item): WireItem {
  return marshall(item, { removeUndefinedValues: true });
}

/** Whole numbers that a double cannot hold arrive as bigint, so no money is ever rounded. */
export function fromWire(item: WireItem): Item {
  return unmarshall(item, {
    wrapNumbers: (text: string) => (Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)),
  });
}

export function nameOf(key: ItemKey): string {
  return `${key.pk}\n${key.sk}`;
}

export function distinct<Value>(values: readonly Value[], by: (value: Value) => string): Value[] {
  return [...new Map(values.map((value) => [by(value), value])).values()];
}

/** A batch of which DynamoDB answers nothing more is given up after this many rounds. */
const MAX_BATCH_ROUNDS = 8;

/** Capped full jitter between the rounds of a batch that was answered in part. */
export async function pauseBefore(round: number): Promise<void> {
  if (round === 0) return;
  if (round >= MAX_BATCH_ROUNDS) await translated(() => Promise.reject(new Error("batch stays unprocessed")));
  await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(2_000, 25 * 2 ** round)));
}

/**
 * The round that follows one of `asked` items of which `left` came back. Any progress starts the count
 * again: a batch is answered up to 16 MB in all and 1 MB of one partition, so a long text takes many rounds.
 */
export function roundAfter(round: number, asked: number, left: number): number {
  return left < asked ? 1 : round + 1;
}

/** Tells the owner of the store what each request took. */
export function counterOf({ onRequest }: StoreOptions) {
  return (operation: LedgerOperation, capacity: { CapacityUnits?: number | undefined } | undefined): void => {
    onRequest?.(operation, capacity?.CapacityUnits ?? 0);
  };
}
