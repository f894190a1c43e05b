import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ask, startApi } from "./support.ts";

test.each(["keda-to-zero", "eks-production"])(
  "ingest answers every trigger that the chart renders for %s with a number",
  async (name) => {
    const rendered = readFileSync(new URL(`../../../deploy/rendered/${name}.yaml`, import.meta.url), "utf8");
    const [, active = ""] = /name: ACTIVE_PROVIDERS\n\s+value: "(.+)"/.exec(rendered) ?? [];
    const paths = [...rendered.matchAll(/url: "http:\/\/[\w.-]+:9464(\/queue-load\?.+)"/g)].map(
      ([, path = ""]) => path,
    );
    const api = await startApi({ ACTIVE_PROVIDERS: active });
    try {
      for (const path of paths) {
        const { status, body } = await ask(`http://127.0.0.1:${api.opsPort}`, `GET ${path}`);
        expect([status, body.load], path).toEqual([200, 0]);
      }
      // Classifier, cost, and at least two pools.
      expect(paths.length).toBeGreaterThan(3);
    } finally {
      await api.stop();
    }
  },
);
