import { type System, send } from "../api/system.ts";

/** Refused, slowed down, broken off, declined, not counted: shares of the calls. */
const FAULTS = {
  "429": 0.06,
  "500": 0.05,
  "400": 0.04,
  reset: 0.04,
  truncated: 0.03,
  "content-filter": 0.06,
  "no-usage": 0.06,
};
const JOBS = 150;
const CALLERS = 12;

const PROMPTS = [
  (n: number) => `What is the capital of country ${n}?`,
  (n: number) => `What is ${n} % of ${3 * n + 7}?`,
  (n: number) => `Design a rate limiter for ${n} tenants, prove its bounds, and weigh three alternatives.`,
];

/** Models that are asked for by name, by how many jobs apart. */
const NAMED: readonly [every: number, model: string][] = [
  [9, "down"],
  [20, "silent"],
  [7, "brand-new"],
];

/** Jobs of every kind, of two tenants. Some are still under way when it returns. */
export async function runMixedLoad(system: System): Promise<void> {
  const thrifty = { authorization: `Bearer ${await system.keyOf("thrifty")}` };
  system.simulator.setFaults(FAULTS);
  const run = async (n: number) => {
    const [, model] = NAMED.find(([every]) => n % every === every - 1) ?? [];
    const deadline = new Date(Date.now() + 20_000).toISOString();
    const body = {
      ...{ input: PROMPTS[n % PROMPTS.length]?.(n), deadline },
      ...(model === undefined ? {} : { model }),
    };
    // Jobs that are held or fail for a while are not waited for: the callers go on beside them.
    const isHeld = model !== undefined || n % 5 === 0;
    const headers = { ...(isHeld ? {} : { prefer: "wait=10" }), ...(n % 5 === 0 ? thrifty : {}) };
    await send(system, "POST /v1/jobs", { body, headers });
  };
  const callers = Array.from({ length: CALLERS }, async (_, caller) => {
    for (let n = caller; n < JOBS; n += CALLERS) await run(n);
  });
  // More than its budget ever has.
  const dear = { input: "Count to a million.", model: "sim-large", max_output_tokens: 32_000 };
  await send(system, "POST /v1/jobs", { body: dear, headers: thrifty });
  await Promise.all(callers);
  system.simulator.setFaults({});
}
