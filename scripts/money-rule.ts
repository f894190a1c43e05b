import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Code that ships, the simulated provider, whose bill is the witness, and what decides which model is paid. */
const SHIPPED = /\/(packages\/(cli|shared|launcher|simulator)|services\/[^/]+|training)\/src\//;
const TEST = /\.(test|test-suite)\.ts$|__fixtures__/;
/** A name that ends so holds money: `costPicoUsd`, `total_usd`. */
const MONEY = /(^usd|Usd|_usd)$/;
/** The one place where money becomes a float, for graphs; its result is for metrics and never has such a name. */
const FOR_GRAPHS = "approximateUsd";

/**
 * Places where a number holds money, by the types that the compiler finds: whatever is named as money is a whole `bigint` of
 * pico-dollars or a decimal string, never a `number`, and is made into one by `approximateUsd` alone.
 */
export function moneyInNumbers(files: readonly string[], isChecked = isShipped): string[] {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const rootNames = files.length > 0 ? [...files] : fileNames.filter(isChecked);
  const program = ts.createProgram(rootNames, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  return program
    .getSourceFiles()
    .filter(({ fileName }) => isChecked(fileName))
    .flatMap((source) => problemsIn(source, checker));
}

function isShipped(fileName: string): boolean {
  return SHIPPED.test(fileName) && !TEST.test(fileName);
}

function problemsIn(source: ts.SourceFile, checker: ts.TypeChecker): string[] {
  const problems: string[] = [];
  const tell = (node: ts.Node, what: string) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    problems.push(`${source.fileName.slice(root.length + 1)}:${line + 1}: ${what}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isDeclared(node) && MONEY.test(node.text)) {
      if (holdsNumber(checker.getTypeAtLocation(node))) tell(node, `${node.text} is a number`);
    }
    if (isConversion(node) && !isForGraphs(node))
      tell(node, `money becomes a number: ${node.getText(source)}`);
    if (isCallOf(node, [FOR_GRAPHS]) && !isGiven(node, GRAPHS))
      tell(node, "a float of money is for metrics alone");
    ts.forEachChild(node, visit);
  };
  visit(source);
  return problems;
}

/** Methods of metrics. */
const GRAPHS = ["inc", "observe", "set"];

function isCallOf(node: ts.Node, names: readonly string[]): node is ts.CallExpression {
  if (!ts.isCallExpression(node)) return false;
  const { expression: callee } = node;
  return names.includes(ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText());
}

function isGiven({ parent }: ts.Node, names: readonly string[]): boolean {
  return isCallOf(parent, names);
}

/** Variables, parameters, properties and what is taken out of them. */
function isDeclared({ parent }: ts.Identifier): boolean {
  return (
    ts.isVariableDeclaration(parent) ||
    ts.isParameter(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isPropertyAssignment(parent) ||
    ts.isShorthandPropertyAssignment(parent) ||
    ts.isBindingElement(parent)
  );
}

function holdsNumber(type: ts.Type): boolean {
  if (type.isUnion()) return type.types.some(holdsNumber);
  return (type.flags & ts.TypeFlags.NumberLike) !== 0;
}

const CONVERSIONS = ["Number", "parseFloat", "parseInt"];

/** `Number(costPicoUsd)`, `+total_usd`, `Number(parseUsd(text))`. */
function isConversion(node: ts.Node): boolean {
  if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.PlusToken)
    return namesMoney(node.operand);
  return isCallOf(node, CONVERSIONS) && node.arguments.some(namesMoney);
}

function namesMoney(node: ts.Node): boolean {
  if (ts.isIdentifier(node)) return MONEY.test(node.text);
  return ts.forEachChild(node, (child) => namesMoney(child) || undefined) === true;
}

function isForGraphs(node: ts.Node): boolean {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent)
    if (ts.isFunctionDeclaration(at)) return at.name?.text === FOR_GRAPHS;
  return false;
}
