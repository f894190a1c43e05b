import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Values } from "./chart-values.ts";
import { parseManifests } from "./manifest.ts";
import { isInstalled, run } from "./render.ts";
import { ROOT } from "./repository.ts";

/** What an operator reads after `helm install`, which needs a cluster to say it; here the chart renders it as a value. */
function notesOf(values: Values, apis: readonly string[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), "switchyard-notes-"));
  try {
    cpSync(`${ROOT}helm/switchyard`, folder, { recursive: true });
    cpSync(join(folder, "templates/NOTES.txt"), join(folder, "files/NOTES.txt"));
    writeFileSync(
      join(folder, "templates/notes.yaml"),
      'kind: Notes\ndata: { notes: {{ tpl (.Files.Get "files/NOTES.txt") . | toJson }} }\n',
    );
    writeFileSync(join(folder, "own.json"), JSON.stringify(values));
    const args = ["template", "blue", folder, "--namespace=lab", `--values=${folder}/own.json`];
    const text = run("helm", [
      ...args,
      "--kube-version=1.33.0",
      ...apis.map((api) => `--api-versions=${api}`),
    ]);
    return parseManifests(text).find(({ kind }) => kind === "Notes")?.data?.["notes"] ?? "";
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const OPENAI = { openai: { existingSecret: "openai-keys", env: { OPENAI_API_KEY: "key" } } };

describe.skipIf(!isInstalled("helm"))("SKIP without helm: the notes after an install", () => {
  test("lead from the release to a job that was answered", () => {
    const notes = notesOf({ providers: OPENAI });
    expect(notes).toContain(
      "kubectl --namespace lab exec deploy/blue-switchyard-ingest -- node src/keys.ts create",
    );
    expect(notes).toContain("create secret generic switchyard-test --from-file=api-key=key.txt");
    expect(notes).toContain("helm --namespace lab test blue --logs");
    expect(notes).toContain("port-forward service/blue-switchyard-ingest 8080");
    expect(notes).toContain("Secret openai-keys with the keys key (provider openai, invokers only)");
    expect(notes).not.toContain("WARNING");
  });

  test("name the Secret with AWS keys in the place of roles", () => {
    const notes = notesOf({ providers: OPENAI, aws: { existingSecret: "aws-keys" } });
    expect(notes).toContain("Secret aws-keys with the keys aws-access-key-id, aws-secret-access-key (AWS)");
    expect(notes).not.toContain("a role for each ServiceAccount");
    expect(notesOf({ providers: OPENAI })).toContain("a role for each ServiceAccount");
  });

  test("warn where no provider is active", () => {
    expect(notesOf({})).toContain("WARNING: no provider is named");
    expect(notesOf({ simulator: { enabled: true } })).not.toContain("WARNING");
  });

  test("warn where plain autoscalers have no metric", () => {
    const values = { providers: OPENAI, scaling: { mode: "hpa" } };
    expect(notesOf(values)).toContain("WARNING: scaling.mode is hpa, but nothing serves external metrics");
    expect(notesOf(values, ["external.metrics.k8s.io/v1beta1"])).not.toContain("WARNING");
  });

  test("tell of the label that kube-prometheus-stack wants", () => {
    const notes = notesOf({ monitoring: { podMonitor: { enabled: true } } });
    expect(notes).toContain("set monitoring.*.labels to { release: <its release> }");
  });
});
