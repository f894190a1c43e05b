import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { PIPELINE, STAGES } from "../pipeline/index.ts";
import { armFailpoints, FAILPOINTS, failpoint } from "./failpoint.ts";

const root = join(import.meta.dirname, "../../../..");
const RUNNER = "packages/shared/src/queues/run-queue-job.ts";
/** Where the stage of a failpoint's name lives. */
const HOMES: Record<string, string> = {
  ingest: "services/ingest/",
  classify: "services/classifier/",
  invoke: "services/invoker/",
  settle: "services/cost/",
};

/** What runs every stage names its failpoints by the stage; only a stage with a next one hands over. */
function namesOf(literal: string): string[] {
  const [, rest] = /^\$\{stage\b.*?\}\.(\w+)$/.exec(literal) ?? [];
  if (rest === undefined) return [literal];
  return STAGES.filter((stage) => PIPELINE[stage].next !== null).map((stage) => `${stage}.${rest}`);
}

const placed = globSync("{packages,services}/*/src/**/*.ts", { cwd: root })
  .filter((file) => !/\.test(-suite)?\.ts$/.test(file))
  .flatMap((file) => {
    const calls = readFileSync(join(root, file), "utf8").matchAll(/\bfailpoint\(\s*["`](.+?)["`]\s*\)/g);
    return [...calls].flatMap(([, literal = ""]) => namesOf(literal).map((name) => ({ name, file })));
  });

afterEach(() => armFailpoints(undefined));

test("every failpoint stands in the code once, and the code has no other", () => {
  expect(placed.map(({ name }) => name).sort()).toEqual([...FAILPOINTS].sort());
});

test("a failpoint stands in the service that its name begins with", () => {
  const astray = placed.filter(
    ({ name, file }) => file !== RUNNER && !file.startsWith(HOMES[name.split(".")[0] ?? ""] ?? "nowhere"),
  );
  expect(astray).toEqual([]);
});

test("failpoints that are not armed do nothing, and others being armed changes nothing", () => {
  for (const name of FAILPOINTS) failpoint(name);
  armFailpoints("settle.afterEnd=kill");
  for (const name of FAILPOINTS.filter((other) => other !== "settle.afterEnd")) failpoint(name);
});

test("an armed failpoint ends the process as kill -9 does", () => {
  const module = JSON.stringify(join(import.meta.dirname, "failpoint.ts"));
  const script = `
    import { armFailpoints, failpoint } from ${module};
    process.on("exit", () => console.log("said goodbye"));
    armFailpoints("invoke.afterIntent=kill,settle.afterEnd=kill");
    failpoint("invoke.beforeIntent");
    console.log("lived on");
    failpoint("invoke.afterIntent");
    setInterval(() => {}, 1_000);`;
  const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 8_000,
  });
  expect(child).toMatchObject({ signal: "SIGKILL", stdout: "lived on\n" });
});

test.each(["invoke.afterIntent", "invoke.afterIntent=", "invoke.afterIntent=pause", "nowhere=kill", "=kill"])(
  "%j is refused with the names that exist",
  (specification) => {
    expect(() => armFailpoints(specification)).toThrow(/unknown failpoint .*invoke\.afterIntent/);
  },
);
