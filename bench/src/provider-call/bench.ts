import { startProcess } from "@switchyard/testkit";
import type { Bench } from "../bench.ts";
import { startProvider } from "../durable-path/system.ts";
import { row } from "../report.ts";
import { alternate } from "../rounds.ts";

const CALLS = 2_000;
const ENTRY = new URL("./call-main.ts", import.meta.url);
type Side = "undici" | "openai" | "bedrock" | "sdk";

/** What a provider call costs the caller in CPU, through our adapters and through the cheapest client there is. */
export const providerCall: Bench = {
  name: "provider-call",
  title: "Provider call: CPU of the caller, beside undici's request",
  async run({ rounds, scale }) {
    const provider = await startProvider();
    const cpuUs = (side: Side) => runSide(side, provider.url, Math.ceil(CALLS * scale));
    try {
      const pairs = await alternate(
        rounds,
        async () => ({
          openai: await cpuUs("openai"),
          bedrock: await cpuUs("bedrock"),
          sdk: await cpuUs("sdk"),
        }),
        () => cpuUs("undici"),
      );
      const beside = (metric: string, side: Exclude<Side, "undici">, bar?: string) =>
        row(metric, pairs, {
          subject: ({ a }) => a[side],
          reference: ({ b }) => b,
          ...(bar === undefined ? {} : { bar }),
        });
      return {
        subject: "us/call",
        reference: "undici, us/call",
        rows: [
          beside("adapter openai", "openai", "<= 2.0 x"),
          beside("adapter bedrock", "bedrock", "<= 3.0 x"),
          beside("openai SDK as it comes", "sdk"),
        ],
        notes: [
          `${Math.ceil(CALLS * scale)} calls a run after a warm-up of half, 64 in flight, each side in a fresh process.`,
        ],
        rounds: pairs.map(({ a, b }) => ({ subject: a, reference: b })),
      };
    } finally {
      await provider.process.stop();
    }
  },
};

async function runSide(side: Side, providerUrl: string, calls: number): Promise<number> {
  const args = ["--side", side, "--provider", providerUrl, "--calls", String(calls)];
  const child = startProcess({ entry: ENTRY, name: side, args });
  try {
    const line = await child.waitForLog((text) => text.startsWith("result "), { timeoutMs: 60_000 });
    return (JSON.parse(line.slice("result ".length)) as { cpuUs: number }).cpuUs;
  } finally {
    await child.stop();
  }
}
