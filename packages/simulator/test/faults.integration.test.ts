import { describe, expect, it } from "vitest";
import { FAULTS, type Fault } from "../src/faults/fault-table.ts";
import { REFUSALS } from "../src/wires/refusals.ts";
import { BEDROCK, jsonOf, OPENAI, usingSimulator } from "./support.ts";

const WIRES = [OPENAI, BEDROCK];
const PROMPT = "Capital of Peru?";
const TABLE = Object.entries<Fault>(FAULTS);

function namesOf(kind: Fault["behaviour"]["kind"]): string[] {
  return TABLE.filter(([, { behaviour }]) => behaviour.kind === kind).map(([name]) => name);
}

describe.each(WIRES)("on the $name wire", (wire) => {
  it.each(namesOf("refuse"))("%s is refused in the wire's own words and not billed", async (name) => {
    await using simulator = await usingSimulator();
    const response = await wire.ask(simulator.url, { model: `fault-${name}` });
    const { openai, bedrock } = REFUSALS[name.replace("-no-retry-after", "") as keyof typeof REFUSALS];
    const body = await jsonOf<{ error?: object }>(response);
    if (wire === OPENAI) {
      expect(response.status).toBe(openai.status);
      expect(body.error).toMatchObject({ type: openai.type, code: openai.code, param: null });
    } else {
      expect(response.status).toBe(bedrock.status);
      expect(response.headers.get("x-amzn-errortype")?.split(":")[0]).toBe(bedrock.exception);
    }
    expect(response.headers.get("retry-after")).toBe(name === "429" ? "1" : null);
    expect(simulator.bill()).toEqual([]);
  });

  it("a header sets how long a throttled caller should wait", async () => {
    await using simulator = await usingSimulator();
    const response = await wire.ask(simulator.url, { headers: { "x-sim-fault": "429;retry-after=7" } });
    expect(response.headers.get("retry-after")).toBe("7");
  });

  it("a redirect points to a path of this host, and a client that follows it is counted", async () => {
    await using simulator = await usingSimulator();
    const response = await wire.ask(simulator.url, { model: "fault-redirect" });
    expect(response.status).toBe(302);
    await fetch(new URL(response.headers.get("location") ?? "", simulator.url));
    const inFlight = await jsonOf<{ redirectsFollowed: number }>(await fetch(`${simulator.url}/inflight`));
    expect(inFlight.redirectsFollowed).toBe(1);
    expect(simulator.bill()).toEqual([]);
  });

  it.each(namesOf("hold"))("%s never ends, until the caller leaves", async (name) => {
    await using simulator = await usingSimulator();
    const leaving = new AbortController();
    const answer = wire
      .ask(simulator.url, { model: `fault-${name}`, signal: leaving.signal })
      .then((response) => response.text());
    const failed = expect(answer).rejects.toThrow();
    const billed = FAULTS[name as "hang" | "hang-unbilled"].isBilled ? 1 : 0;
    await expect.poll(() => simulator.bill().length).toBe(billed);
    await expect.poll(() => simulator.inFlight().now).toBe(1);
    leaving.abort();
    await failed;
    await expect.poll(() => simulator.inFlight().now).toBe(0);
    expect(simulator.bill()).toHaveLength(billed);
  });

  it.each(namesOf("break"))("%s cuts the connection", async (name) => {
    await using simulator = await usingSimulator();
    const answer = wire.ask(simulator.url, { model: `fault-${name}` }).then((response) => response.text());
    await expect(answer).rejects.toThrow();
    expect(simulator.bill()).toHaveLength(FAULTS[name as "reset" | "reset-unbilled"].isBilled ? 1 : 0);
  });

  it("trickle sends the right answer byte by byte", async () => {
    await using simulator = await usingSimulator();
    const headers = { "x-sim-fault": "trickle;interval-ms=1" };
    const response = await wire.ask(simulator.url, { prompt: PROMPT, headers });
    expect(await response.text()).toContain("Lima.");
  });

  it.each(namesOf("flood"))("%s is a right answer that is far too long", async (name) => {
    await using simulator = await usingSimulator();
    const headers = { "x-sim-fault": `${name};bytes=3000000` };
    const response = await wire.ask(simulator.url, { prompt: PROMPT, headers });
    expect(response.headers.get("content-encoding")).toBe(name === "gzip-bomb" ? "gzip" : null);
    const text = await response.text();
    expect(text.length).toBeGreaterThan(3_000_000);
    expect(JSON.stringify(JSON.parse(text))).toContain("Lima.");
  });

  it("the 100 MB of a huge answer are not made for a caller who has left", async () => {
    await using simulator = await usingSimulator();
    const response = await wire.ask(simulator.url, { model: "fault-huge" });
    await response.body?.cancel();
    await expect.poll(() => simulator.inFlight().now).toBe(0);
    expect(simulator.bill()).toHaveLength(1);
  });

  it.each([
    ["malformed", 200, /^\{.*[^}]$/],
    ["empty", 200, /^$/],
    ["204", 204, /^$/],
    ["html", 200, /^<!doctype html>/],
    ["wrong-type", 200, /^\[42\]$/],
    ["nan-usage", 200, /okens":NaN/],
    ["duplicate-keys", 200, /"usage":\{\},.*"usage":\{"/],
    ["no-usage", 200, /^(?!.*okens)/],
    ["null-usage", 200, /okens":null/],
    ["text-usage", 200, /okens":"many"/],
    ["fraction-usage", 200, /okens":10.5/],
    ["negative-usage", 200, /okens":-5/],
    ["absurd-usage", 200, /okens":1000000000000000/],
  ])("%s is answered wrongly and billed rightly", async (name, status, expected) => {
    await using simulator = await usingSimulator();
    await wire.ask(simulator.url, { prompt: PROMPT });
    const response = await wire.ask(simulator.url, { prompt: PROMPT, headers: { "x-sim-fault": name } });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(expected);
    const [right, wrong] = simulator.bill();
    expect(wrong).toEqual({
      ...right,
      fault: name,
      requestId: wrong?.requestId,
      startedAtMs: wrong?.startedAtMs,
      endedAtMs: wrong?.endedAtMs,
    });
  });
});

it("wrong-model answers under another name", async () => {
  await using simulator = await usingSimulator();
  const response = await OPENAI.ask(simulator.url, { headers: { "x-sim-fault": "wrong-model" } });
  expect(await jsonOf(response)).toMatchObject({ model: "another-model" });
  expect(simulator.bill()).toMatchObject([{ model: "sim-small", fault: "wrong-model" }]);
});

describe("a stream", () => {
  it.each(["reset", "half-close", "truncated"])("that meets %s fails at its reader", async (name) => {
    await using simulator = await usingSimulator();
    const answer = OPENAI.ask(simulator.url, { model: `fault-${name}`, body: { stream: true } }).then(
      (response) => response.text(),
    );
    await expect(answer).rejects.toThrow();
    expect(simulator.bill()).toHaveLength(1);
  });

  it("that is flooded carries the padding in a comment", async () => {
    await using simulator = await usingSimulator();
    const headers = { "x-sim-fault": "huge;bytes=100000" };
    const response = await OPENAI.ask(simulator.url, { prompt: PROMPT, headers, body: { stream: true } });
    expect(await response.text()).toMatch(/^: x{100000}\n\ndata: .*\[DONE\]\n\n$/s);
  });
});

it("a mix is set over HTTP, hits its share of the calls, and is cleared", async () => {
  await using simulator = await usingSimulator();
  const setMix = (mix: object) =>
    fetch(`${simulator.url}/faults`, { method: "POST", body: JSON.stringify(mix) });
  await setMix({ "500": 0.5 });
  const statuses = await Promise.all(
    Array.from({ length: 60 }, async () => (await OPENAI.ask(simulator.url)).status),
  );
  const failed = statuses.filter((status) => status === 500).length;
  expect(failed).toBeGreaterThan(10);
  expect(failed).toBeLessThan(50);
  expect(simulator.bill()).toHaveLength(60 - failed);
  await setMix({});
  expect((await OPENAI.ask(simulator.url)).status).toBe(200);
});
