import ts from "typescript";
import type { Manifest } from "./manifest.ts";

/** Who publishes the types of a group's kinds; groups of Kubernetes itself are not listed. */
const FOREIGN_GROUPS: Readonly<Record<string, string>> = {
  "keda.sh": "@kubernetes-models/keda",
  "monitoring.coreos.com": "@kubernetes-models/prometheus-operator",
  "external-secrets.io": "@kubernetes-models/external-secrets",
};
/** Beside this file, which makes the modules of this package be found; it is never written. */
const VIRTUAL_FILE = new URL("rendered-documents.ts", import.meta.url).pathname;

interface Model {
  validate: () => void;
}
type ModelModule = Readonly<Record<string, (new (data: unknown) => Model) | undefined>>;

function moduleOf(apiVersion: string): string {
  const [group = ""] = apiVersion.split("/");
  return `${FOREIGN_GROUPS[group] ?? "kubernetes-models"}/${apiVersion}`;
}

/**
 * What a compiler says when each document is a literal of its kind's type: the only check here that knows every field
 * there is. One list of complaints per document, in their order.
 */
export function typeComplaints(manifests: readonly Manifest[]): string[][] {
  const lines = manifests.map((manifest) => {
    const { apiVersion, kind } = manifest;
    return `void (${JSON.stringify(manifest)} satisfies import("${moduleOf(apiVersion)}/${kind}").I${kind});`;
  });
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const text = `export {};\n${lines.join("\n")}\n`;
  const program = ts.createProgram([VIRTUAL_FILE], options, hostWith(text, options));
  const source = program.getSourceFile(VIRTUAL_FILE);
  const complaints: string[][] = manifests.map(() => []);
  for (const { start = 0, messageText } of program.getSemanticDiagnostics(source)) {
    const index = (source?.getLineAndCharacterOfPosition(start).line ?? 0) - 1;
    complaints[index]?.push(ts.flattenDiagnosticMessageText(messageText, " "));
  }
  return complaints;
}

function hostWith(text: string, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === VIRTUAL_FILE || fileExists(name);
  host.readFile = (name) => (name === VIRTUAL_FILE ? text : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === VIRTUAL_FILE ? ts.createSourceFile(name, text, rest[0]) : getSourceFile(name, ...rest);
  return host;
}

/** What the published schema of a document's kind says: required fields, types, and formats such as quantities. */
export async function schemaComplaints(manifest: Manifest): Promise<string[]> {
  const { apiVersion, kind } = manifest;
  const models = (await import(moduleOf(apiVersion)).catch(() => ({}))) as ModelModule;
  const Kind = models[kind];
  if (Kind === undefined) return [`there is no ${kind} in ${apiVersion}`];
  try {
    new Kind(manifest).validate();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
