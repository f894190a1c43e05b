import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseManifests } from "./manifest.ts";
import { PLAIN_FROM, plainManifests } from "./plain-manifests.ts";
import { RENDER_NAMES, renderChart, renderedPath, VALUE_FILES } from "./render.ts";
import { ROOT } from "./repository.ts";

const BASE = "k8s/base";

function write(path: string, text: string): void {
  mkdirSync(dirname(`${ROOT}${path}`), { recursive: true });
  writeFileSync(`${ROOT}${path}`, text);
  process.stdout.write(`${path}\n`);
}

try {
  // All of them before the first is written: a chart that refuses one leaves everything as it was.
  const rendered = new Map(RENDER_NAMES.map((name) => [name, renderChart(VALUE_FILES[name])]));
  for (const [name, text] of rendered) write(renderedPath(name), text);
  const plain = plainManifests(parseManifests(rendered.get(PLAIN_FROM) ?? ""));
  for (const file of readdirSync(`${ROOT}${BASE}`)) if (!plain.has(file)) rmSync(`${ROOT}${BASE}/${file}`);
  for (const [file, text] of plain) write(`${BASE}/${file}`, text);
} catch (error) {
  process.stderr.write(`switchyard: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
