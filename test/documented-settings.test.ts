import { readFileSync } from "node:fs";
import { baseSettings, settingsTable } from "@switchyard/shared/config";
import { expect, test } from "vitest";
import { cliSettings } from "../packages/cli/src/settings.ts";
import { classifierSettings } from "../services/classifier/src/config.ts";
import { costSettings } from "../services/cost/src/config.ts";
import { ingestSettings } from "../services/ingest/src/config.ts";
import { invokerSettings } from "../services/invoker/src/config.ts";

const DOCUMENT = readFileSync(new URL("../docs/configuration.md", import.meta.url), "utf8");
const SHARED = new Set(settingsTable(baseSettings).map(({ name }) => name));

function documentedRows(service: string): string[] {
  const section = DOCUMENT.split(/^## /m).find((part) => part.startsWith(`Settings of ${service}\n`)) ?? "";
  return section.split("\n").filter((line) => line.startsWith("| `"));
}

test.each([
  ["ingest", ingestSettings],
  ["classifier", classifierSettings],
  ["invoker", invokerSettings],
  ["cost", costSettings],
  ["the command", cliSettings],
] as const)("docs/configuration.md lists just the settings of %s, as they are", (service, settings) => {
  const rows = settingsTable(settings)
    .filter(({ name }) => !SHARED.has(name))
    .map(({ name, default: given, meaning }) => {
      const shown = given === "required" || given === "unset" ? given : `\`${given}\``;
      return `| \`${name}\` | ${shown} | ${meaning} |`;
    });
  expect(documentedRows(service)).toEqual(rows);
});
