import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, send, startSystem } from "./api/system.ts";

afterAll(watchLeaks());

/** Both kinds are judged COMPLEX; of the first, callers say that less would have done. */
const planOf = (n: number) =>
  `Plan a visit of ${n} days to a city, compare three ways to get there and weigh them step by step.`;
const proofOf = (n: number) =>
  `Prove that there are infinitely many primes p for which p + ${2 * n} is no square.`;
const JOBS_OF_EACH = 220;

interface Shown {
  id: string;
  status: string;
  decision: {
    class: string;
    shadow: { version: string; model: string; class: string; saves_usd: string } | null;
  };
  feedback: { score: number; should_have_been: string } | null;
}

let folder: string;
let system: System;
const plans: string[] = [];
const proofs: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "switchyard-learning-"));
  system = await startSystem({ latencyScale: 0 });
  const inputs = Array.from({ length: JOBS_OF_EACH }, (_, n) => [planOf(n + 2), proofOf(n + 2)]).flat();
  const { body } = await send<{ items: { id: string }[] }>(system, "POST /v1/jobs/batch", {
    body: inputs.map((input) => ({ input, max_output_tokens: 20 })),
  });
  for (const [index, { id }] of body.items.entries()) {
    const job = await send<Shown>(system, `GET /v1/jobs/${id}`, { headers: { prefer: "wait=60" } });
    expect(job.body).toMatchObject({ status: "succeeded", decision: { class: "COMPLEX" } });
    (index % 2 === 0 ? plans : proofs).push(id);
  }
});
afterAll(async () => {
  await system.stop();
  rmSync(folder, { recursive: true });
});

async function rate(id: string, shouldHaveBeen: string): Promise<void> {
  const said = { score: 0.9, should_have_been: shouldHaveBeen };
  const { status, body } = await send<Shown>(system, `POST /v1/jobs/${id}/feedback`, { body: said });
  expect([status, body.feedback]).toEqual([200, expect.objectContaining(said)]);
}

async function train(out: string, ...args: string[]) {
  const path = join(folder, out);
  const program = startProcess({
    entry: new URL("../training/src/main.ts", import.meta.url),
    name: "training",
    args: ["--", "--from-feedback", "--out", path, ...args],
    env: { ...system.environment, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
  });
  const { code } = await program.exited;
  return { code, path, said: program.logs().join("\n") };
}

const filesIn = (path: string) =>
  readdirSync(path).map((name) => [name, readFileSync(join(path, name), "utf8")]);

test("what callers say of their jobs becomes a candidate, which in the shadow says what it would have saved", async () => {
  await Promise.all([...plans.map((id) => rate(id, "SIMPLE")), ...proofs.map((id) => rate(id, "COMPLEX"))]);
  const first = await train("first");
  expect(first.said).toMatch(/^# outcome-[0-9a-f]{12}\n/);
  expect(first.code).toBe(0);
  const [[name = "", text = ""] = [], [report = ""] = []] = filesIn(first.path);
  expect(report).toBe(name.replace(".json", ".md"));
  for (const secret of ["Plan a visit", plans[0] ?? "", "acme"])
    expect(JSON.stringify(filesIn(first.path))).not.toContain(secret);

  const second = await train("second", "--tenant", "acme");
  expect(filesIn(second.path)).toEqual(filesIn(first.path));

  const shipped = readFileSync(new URL("../switchyard.yaml", import.meta.url), "utf8");
  const catalogue = join(folder, "switchyard.yaml");
  writeFileSync(catalogue, shipped.replace("classifier:\n", `classifier:\n  shadow_model: first/${name}\n`));
  const trying = await startSystem({ environment: { SWITCHYARD_CONFIG: catalogue }, latencyScale: 0 });
  try {
    const decided = async (input: string) =>
      (await send<Shown>(trying, "POST /v1/jobs", { body: { input }, headers: { prefer: "wait=30" } })).body;
    const { version } = JSON.parse(text) as { version: string };
    const plan = await decided(planOf(1_000));
    expect(plan).toMatchObject({ status: "succeeded", decision: { class: "COMPLEX" } });
    expect(plan.decision.shadow).toMatchObject({ version, class: "CALCULATION", model: "sim-math" });
    expect(Number(plan.decision.shadow?.saves_usd)).toBeGreaterThan(0);
    const proof = await decided(proofOf(1_000));
    expect(proof.decision).toMatchObject({ class: "COMPLEX", shadow: { class: "COMPLEX", saves_usd: "0" } });
  } finally {
    await trying.stop();
  }
});

test("a candidate of another tenant's silence is refused, and so is one of what was said at random", async () => {
  const silent = await train("silent", "--tenant", "nobody");
  expect([silent.code, silent.said]).toEqual([1, expect.stringContaining("Refused:\n- too few: 0 outcomes")]);

  // It replaces what was said before, and has nothing to do with the prompts.
  const all = [...plans, ...proofs];
  const said = (index: number) => (((index * 2_654_435_761) >>> 16) % 2 === 0 ? "SIMPLE" : "COMPLEX");
  await Promise.all(all.map((id, index) => rate(id, said(index))));
  const noise = await train("noise");
  expect([noise.code, noise.said]).toEqual([
    1,
    expect.stringMatching(/^# No candidate\n[\s\S]*Refused:\n- /),
  ]);
  expect(readdirSync(folder)).not.toContain("noise");
});

test.each([
  [["--good-from", "2"], "--good-from is out of range"],
  [["--limit", "1.5"], "--limit must be a whole number"],
  [["--colour", "red"], "--colour"],
])("wrong arguments (%j) are told with the usage, and another code", async (args, told) => {
  const { code, said } = await train("wrong", ...args);
  expect([code, said]).toEqual([2, expect.stringContaining(told)]);
  expect(said).toContain("usage: npm run train:classifier");
});
