import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, "../..");

const CONCEPTS = readdirSync(join(ROOT, "packages/shared/src"));
const PACKAGES = ["shared", "simulator", "testkit", "launcher", "cli"].map((name) => `packages/${name}`);
const SERVICES = ["ingest", "classifier", "invoker", "cost"].map((name) => `services/${name}`);

/** One file to plant: its path in the repository's layout, and its text. */
export interface Planted {
  file: string;
  text: string;
}

/**
 * A temporary tree with the repository's layout, its manifests, its installed modules and an empty
 * index.ts wherever there is one, so that planted files resolve exactly as real ones do.
 * @returns its path; the caller removes it.
 */
export function plant(planted: readonly Planted[]): string {
  const tree = mkdtempSync(join(tmpdir(), "switchyard-planted-"));
  for (const workspace of [...PACKAGES, ...SERVICES]) {
    mkdirSync(join(tree, workspace), { recursive: true });
    cpSync(join(ROOT, workspace, "package.json"), join(tree, workspace, "package.json"));
    write(tree, `${workspace}/src/index.ts`, "export const here = 1;\n");
  }
  for (const concept of CONCEPTS)
    write(tree, `packages/shared/src/${concept}/index.ts`, "export const here = 1;\n");
  linkModules(tree);
  for (const { file, text } of planted) write(tree, file, text);
  return tree;
}

/** Our own workspaces are those of the tree; foreign modules are the ones installed here. */
function linkModules(tree: string): void {
  symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
  for (const workspace of PACKAGES.concat(SERVICES)) {
    const modules = join(tree, workspace, "node_modules");
    mkdirSync(join(modules, "@switchyard"), { recursive: true });
    for (const other of PACKAGES.concat(SERVICES)) {
      symlinkSync(join(tree, other), join(modules, "@switchyard", other.split("/")[1] ?? ""));
    }
    for (const name of installedIn(workspace)) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(ROOT, workspace, "node_modules", name), join(modules, name));
    }
  }
}

function installedIn(workspace: string): string[] {
  const modules = join(ROOT, workspace, "node_modules");
  return readdirSync(modules)
    .filter((name) => !name.startsWith(".") && name !== "@switchyard")
    .flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}

function write(tree: string, file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true });
  writeFileSync(join(tree, file), text);
}
