import ts from "typescript";

const OPTIONS: ts.CompilerOptions = {
  ...{ noEmit: true, strict: true, skipLibCheck: true, types: [], allowImportingTsExtensions: true },
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/** A value, and the type that it should be a literal of: an expression such as `import("x").Y`. */
export interface TypedLiteral {
  value: unknown;
  type: string;
}

/**
 * What the compiler says of each value: as a literal, it may have no field that its type does not know. The types are
 * looked for from `beside`, a file that is never written.
 */
export function literalComplaints(beside: URL, literals: readonly TypedLiteral[]): string[][] {
  const lines = literals.map(({ value, type }) => `void (${JSON.stringify(value)} satisfies ${type});`);
  const program = ts.createProgram(
    [beside.pathname],
    OPTIONS,
    hostWith(beside.pathname, ["export {};", ...lines].join("\n")),
  );
  const source = program.getSourceFile(beside.pathname);
  const complaints: string[][] = literals.map(() => []);
  for (const { start = 0, messageText } of ts.getPreEmitDiagnostics(program, source)) {
    const line = source?.getLineAndCharacterOfPosition(start).line ?? 0;
    complaints[line - 1]?.push(ts.flattenDiagnosticMessageText(messageText, " "));
  }
  return complaints;
}

function hostWith(path: string, text: string): ts.CompilerHost {
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => name === path || fileExists(name);
  host.readFile = (name) => (name === path ? text : readFile(name));
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, text, rest[0]) : getSourceFile(name, ...rest);
  return host;
}
