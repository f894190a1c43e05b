import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { locatePrometheus } from "./find-prometheus.ts";
import { uniquePrefix } from "./unique-prefix.ts";

test("without any prometheus the reason to skip says what is missing", async () => {
  const nowhere = join(tmpdir(), uniquePrefix("absent"));
  expect(await locatePrometheus(join(nowhere, "prometheus"), { PATH: nowhere })).toEqual({
    missing:
      "no prometheus on PATH, and its package could not be unpacked (apt-get is not available on this system)",
  });
});
