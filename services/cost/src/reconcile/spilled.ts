import type { Spill } from "../spill/spill.ts";
import { addCall, addLine, emptyGroup, type Group, type OwnCall } from "./groups.ts";
import type { Amounts, StatedLine } from "./stated.ts";

/** What lies on disk: a line or a call, under the name that both sides of a group have. */
export type Spilled = { isInPeriod: boolean } & ({ stated: StatedLine } | { own: OwnCall });

export interface SpillWriter<Value> {
  write: (name: string, value: Value) => Promise<void>;
}

/** Writes values as lines. */
export function writerOn<Value>(spill: Spill): SpillWriter<Value> {
  return {
    write: (name, value) => spill.write([{ name, text: JSON.stringify([name, value], moneyAsText) }]),
  };
}

/** What a part holds, as it was written. */
export async function* readPart<Value>(part: AsyncIterable<string>): AsyncGenerator<[string, Value]> {
  for await (const text of part) yield JSON.parse(text, textAsMoney) as [string, Value];
}

/** All groups of each part; memory holds one part at a time. */
export async function* groupsIn(spill: Spill): AsyncGenerator<Group[]> {
  for await (const part of spill.parts()) {
    const groups = new Map<string, Group>();
    for await (const [name, spilled] of readPart<Spilled>(part)) {
      const group = groups.get(name) ?? emptyGroup(name);
      groups.set(name, group);
      if ("stated" in spilled) addLine(group, spilled.stated, spilled.isInPeriod);
      else addCall(group, spilled.own, spilled.isInPeriod);
    }
    yield [...groups.values()];
  }
}

/** For JSON, which has no whole numbers of any size. */
function moneyAsText(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

const MONEY: ReadonlySet<string> = new Set<keyof Amounts | keyof OwnCall>(["costPicoUsd", "atRiskPicoUsd"]);

function textAsMoney(name: string, value: unknown): unknown {
  return MONEY.has(name) && typeof value === "string" ? BigInt(value) : value;
}
