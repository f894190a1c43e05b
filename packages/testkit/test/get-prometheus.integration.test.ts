import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inheritedEnvironment } from "../src/environment.ts";
import { locatePrometheus } from "../src/find-prometheus.ts";
import { watchLeaks } from "../src/index.ts";

const NOT_HERE = /apt-get is not available|Could not resolve|Temporary failure|nable to (connect|fetch)/;

afterAll(watchLeaks());

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "switchyard-get-prometheus-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("two processes starting from nothing both end up with one whole prometheus", async ({ skip }) => {
  const cache = join(folder, "prometheus");
  const withoutOthers = { ...inheritedEnvironment(), PATH: "/usr/bin:/bin" };
  const both = await Promise.all([1, 2].map(() => locatePrometheus(cache, withoutOthers)));
  const [found] = both;
  if (found !== undefined && "missing" in found && NOT_HERE.test(found.missing)) skip(found.missing);
  if (found !== undefined && "promtool" in found && found.promtool === "promtool") skip("one is installed");
  const cached = { prometheus: join(cache, "prometheus"), promtool: join(cache, "promtool") };
  expect(both).toEqual([cached, cached]);
  expect((await readdir(cache)).sort()).toEqual(["prometheus", "promtool"]);
  expect(await readdir(folder)).toEqual(["prometheus"]);
}, 240_000);
