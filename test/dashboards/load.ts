import { type System, send } from "../api/system.ts";

/** Refused, slowed down, broken off: shares of the calls, of whatever model. */
const FAULTS = { "429": 0.05, "500": 0.05, reset: 0.04, truncated: 0.03 };
const JOBS = 120;
const CALLERS = 24;

const PROMPTS = [
  (n: number) => `What is the capital of country ${n}?`,
  (n: number) => `What is ${n} % of ${3 * n + 7}?`,
  (n: number) => `Design a rate limiter for ${n} tenants, prove its bounds, and weigh three alternatives.`,
];

/** Every fourth job asks for one of these by name; each has a fault of its own. */
const NAMED = ["down", "silent", "busy", "refusing", "unmetered", "brand-new"];

/** Jobs of every kind, of two tenants. Some are still under way when it returns. */
export async function runMixedLoad(system: System): Promise<void> {
  const thrifty = { authorization: `Bearer ${await system.keyOf("thrifty")}` };
  system.simulator.setFaults(FAULTS);
  const run = async (n: number) => {
    const model = n % 4 === 3 ? NAMED[(n >> 2) % NAMED.length] : undefined;
    const deadline = new Date(Date.now() + 60_000).toISOString();
    const body = {
      ...{ input: PROMPTS[n % PROMPTS.length]?.(n), deadline },
      ...(model === undefined ? {} : { model }),
    };
    // Jobs that are held or fail for a while are not waited for: the callers go on beside them.
    const isHeld = model !== undefined || n % 5 === 0;
    const headers = { ...(isHeld ? {} : { prefer: "wait=5" }), ...(n % 5 === 0 ? thrifty : {}) };
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
