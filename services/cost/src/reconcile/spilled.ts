import type { Spill } from "../verify/spill.ts";
import { addCall, addLine, emptyGroup, type Group, type OwnCall } from "./groups.ts";
import type { Amounts, StatedLine } from "./stated.ts";

/** What lies on disk: a line or a call, under the name that both sides of a group have. */
export type Spilled = { name: string; isInPeriod: boolean } & ({ stated: StatedLine } | { own: OwnCall });

/** Lines that are written together. */
const TOGETHER = 10_000;

export interface SpillWriter {
  write: (spilled: Spilled) => Promise<void>;
  /** Writes what is still in hand. */
  flush: () => Promise<void>;
}

export function writerOn(spill: Spill): SpillWriter {
  let lines: { name: string; text: string }[] = [];
  const flush = async () => {
    const written = lines;
    lines = [];
    await spill.write(written);
  };
  return {
    async write(spilled) {
      lines.push({ name: spilled.name, text: JSON.stringify(spilled, moneyAsText) });
      if (lines.length >= TOGETHER) await flush();
    },
    flush,
  };
}

/** All groups of each part; memory holds one part at a time. */
export async function* groupsIn(spill: Spill): AsyncGenerator<Group[]> {
  for await (const part of spill.parts()) {
    const groups = new Map<string, Group>();
    for await (const text of part) {
      const spilled = JSON.parse(text, textAsMoney) as Spilled;
      const group = groups.get(spilled.name) ?? emptyGroup(spilled.name);
      groups.set(spilled.name, group);
      if ("stated" in spilled) addLine(group, spilled.stated, spilled.isInPeriod);
      else addCall(group, spilled.own, spilled.isInPeriod);
    }
    yield [...groups.values()];
  }
}

/** For JSON, which has no whole numbers of any size. */
export function moneyAsText(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

const MONEY: ReadonlySet<string> = new Set<keyof Amounts | keyof OwnCall>(["costPicoUsd", "atRiskPicoUsd"]);

export function textAsMoney(name: string, value: unknown): unknown {
  return MONEY.has(name) && typeof value === "string" ? BigInt(value) : value;
}
