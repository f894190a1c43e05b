import type { Spill } from "../verify/spill.ts";
import { addCall, addLine, emptyGroup, type Group, type OwnCall } from "./groups.ts";
import type { Amounts, StatedLine } from "./stated.ts";

/** What lies on disk: a line or a call, under the name that both sides of a group have. */
export type Spilled = { isInPeriod: boolean } & ({ stated: StatedLine } | { own: OwnCall });

/** Lines that are written together. */
const TOGETHER = 10_000;

export interface SpillWriter<Value> {
  write: (name: string, value: Value) => Promise<void>;
  /** Writes what is still in hand. */
  flush: () => Promise<void>;
}

/** Gathers what is written, since each write opens most parts. */
export function writerOn<Value>(spill: Spill): SpillWriter<Value> {
  let lines: { name: string; text: string }[] = [];
  const flush = async () => {
    const written = lines;
    lines = [];
    await spill.write(written);
  };
  return {
    async write(name, value) {
      lines.push({ name, text: JSON.stringify([name, value], moneyAsText) });
      if (lines.length >= TOGETHER) await flush();
    },
    flush,
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
