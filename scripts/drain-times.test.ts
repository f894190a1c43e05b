import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

/** The first number behind a text. */
function numberAfter(text: string, label: RegExp): number {
  const found = new RegExp(`${label.source}\\D*?(\\d+)`, label.flags).exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing matches ${label}`);
  return Number(found);
}

const LONGEST_CALL_MS = Math.max(
  120_000,
  ...[...read("switchyard.yaml").matchAll(/^ {4}timeout_ms: (\d+)/gm)].map(([, ms]) => Number(ms)),
);
/** For an answer to be written down: the runner keeps 2 s for it, the rest is for a ledger that is slow. */
const MARGIN_MS = 15_000;

const compose = /^ {2}invoker:\n(?: {4}.*\n)+/m.exec(read("docker-compose.yml"))?.[0] ?? "";
const manifest = read("k8s/base/invoker.yaml");

test.each([
  ["docker-compose.yml", compose, /DRAIN_TIMEOUT_MS:/, /stop_grace_period:/],
  ["k8s/base/invoker.yaml", manifest, /name: DRAIN_TIMEOUT_MS/, /terminationGracePeriodSeconds:/],
])(
  "by %s a stopping invoker outlasts the longest call, and its grace period outlasts that",
  (_, text, drain, grace) => {
    const drainMs = numberAfter(text, drain);
    expect(drainMs).toBeGreaterThanOrEqual(LONGEST_CALL_MS + MARGIN_MS);
    expect(numberAfter(text, grace) * 1_000).toBeGreaterThanOrEqual(drainMs + 15_000);
  },
);
