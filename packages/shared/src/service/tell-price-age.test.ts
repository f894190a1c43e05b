import { expect, test } from "vitest";
import type { DatedBook } from "../pricing/index.ts";
import { createMetrics } from "../telemetry/index.ts";
import { tellPriceAge } from "./tell-price-age.ts";

const AS_OF = Date.UTC(2026, 0, 31);
const BOOK: DatedBook = { version: "7", asOfMs: AS_OF, find: () => null, has: () => false };
const DAY_MS = 86_400_000;

async function told(ageDays: number) {
  const metrics = createMetrics("test");
  const warnings: unknown[] = [];
  const log = { warn: (facts: unknown) => void warnings.push(facts) };
  tellPriceAge(BOOK, { metrics, log }, AS_OF + ageDays * DAY_MS + 1);
  const { values } = await metrics.priceBookAtSeconds.get();
  return { warnings, at: values[0]?.value };
}

test("case 23: a price book tells as of when it holds, and one of more than 90 days is warned of", async () => {
  expect(await told(90)).toEqual({ warnings: [], at: AS_OF / 1_000 });
  expect(await told(91)).toEqual({ warnings: [{ version: "7", ageDays: 91 }], at: AS_OF / 1_000 });
});
