import { fileURLToPath } from "node:url";
import ts from "typescript";

/** What a program asks of the table, as IAM names it. */
export interface TableUse {
  /** On the table itself. */
  actions: Set<string>;
  /** The indexes that it queries. */
  indexes: Set<string>;
}

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const LEDGER = "/packages/shared/src/ledger/";
/** A service makes the table only for a trial, on an emulator; see DYNAMODB_CREATE_TABLE. */
const FOR_TRIALS = "createTable";

/**
 * Reads from the code what may be asked of DynamoDB by a program that begins with an exported function: every function that
 * it mentions is followed, and of the ledger only those members that are mentioned. Whatever may be called is in the
 * answer, and what no line mentions is not.
 */
export function tableUseOf(entries: Readonly<Record<string, readonly [file: string, name: string]>>) {
  const program = ts.createProgram({
    rootNames: Object.values(entries).map(([file]) => `${ROOT}${file}`),
    options: readOptions(),
  });
  const code = new Code(program);
  return Object.fromEntries(
    Object.entries(entries).map(([id, [file, name]]) => [id, code.useFrom(`${ROOT}${file}`, name)]),
  );
}

function readOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT).options;
}

class Code {
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  /** The members of objects that stand for a member of one of the ledger's interfaces. */
  readonly #made = new Map<ts.Node, ts.Node[]>();
  readonly #held = new Set<ts.Node>();

  constructor(program: ts.Program) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
    for (const source of program.getSourceFiles())
      if (source.fileName.includes(LEDGER)) this.#noteMembers(source);
  }

  useFrom(file: string, name: string): TableUse {
    const source = this.#program.getSourceFile(file);
    const module = source && this.#checker.getSymbolAtLocation(source);
    const start = module && this.#checker.getExportsOfModule(module).find((one) => one.name === name);
    if (start === undefined) throw new Error(`${file} exports no ${name}`);
    const use: TableUse = { actions: new Set(), indexes: new Set() };
    const seen = new Set<ts.Node>();
    const waiting = [...this.#meant(start)];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      this.#mentions(node, use, (found) => waiting.push(found));
    }
    return use;
  }

  /** Members of what a function of the ledger returns are looked at only where they are mentioned. */
  #noteMembers(node: ts.Node): void {
    ts.forEachChild(node, (child) => this.#noteMembers(child));
    if (!ts.isObjectLiteralExpression(node)) return;
    const promised = this.#checker.getContextualType(node);
    const isReturned = ts.isReturnStatement(node.parent) || ts.isParenthesizedExpression(node.parent);
    for (const member of node.properties) {
      if (member.name === undefined || !ts.isIdentifier(member.name)) continue;
      const declared = promised?.getProperty(member.name.text)?.declarations ?? [];
      const own = declared.filter((one) => isOfLedger(one) && one !== member);
      if (own.length === 0 && !isReturned) continue;
      if (!this.#isCallable(member)) continue;
      this.#held.add(member);
      for (const one of own) this.#made.set(one, [...(this.#made.get(one) ?? []), member]);
    }
  }

  /** A function, or something that has some. */
  #isCallable(member: ts.ObjectLiteralElementLike): boolean {
    const type = this.#checker.getTypeAtLocation(member.name ?? member);
    if (type.getCallSignatures().length > 0) return true;
    return (
      type.symbol?.declarations?.some((one) => ts.isInterfaceDeclaration(one) && isOfLedger(one)) === true &&
      type.getProperties().some((one) => this.#checker.getTypeOfSymbol(one).getCallSignatures().length > 0)
    );
  }

  #mentions(node: ts.Node, use: TableUse, found: (node: ts.Node) => void): void {
    ts.forEachChild(node, (child) => {
      if (ts.isTypeNode(child) || this.#held.has(child)) return;
      // A function inside a function runs only where it is mentioned, and what opens the ledger asks for nothing yet.
      if (ts.isFunctionDeclaration(child) || (isOfLedger(child) && isNamedValue(child))) return;
      if (ts.isNewExpression(child)) noteCommand(child, use);
      if (ts.isIdentifier(child)) this.#follow(child, use, found);
      this.#mentions(child, use, found);
    });
  }

  #follow(name: ts.Identifier, use: TableUse, found: (node: ts.Node) => void): void {
    if (name.text === FOR_TRIALS) return;
    const index = /^(\w+)_INDEX$/.exec(name.text)?.[1];
    const { parent } = name;
    const isQueried = !isNamedValue(parent) && !name.getSourceFile().fileName.endsWith("/table.ts");
    if (index !== undefined && isQueried) use.indexes.add(index.toLowerCase());
    let symbol = this.#checker.getSymbolAtLocation(name);
    if (ts.isShorthandPropertyAssignment(parent))
      symbol = this.#checker.getShorthandAssignmentValueSymbol(parent);
    if (ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent)) {
      const taken = parent.propertyName ?? parent.name;
      const from = this.#checker.getTypeAtLocation(parent.parent);
      if (ts.isIdentifier(taken)) for (const one of this.#meant(from.getProperty(taken.text))) found(one);
    }
    for (const one of this.#meant(symbol)) found(one);
  }

  /** What stands behind a name, in code of ours. */
  #meant(symbol: ts.Symbol | undefined): ts.Node[] {
    if (symbol === undefined) return [];
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const { declarations = [] } = isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol;
    return declarations.flatMap((one) => {
      if (one.getSourceFile().fileName.includes("/node_modules/")) return [];
      const isMember = ts.isPropertySignature(one) || ts.isMethodSignature(one);
      return isMember ? (this.#made.get(one) ?? []) : [one];
    });
  }
}

function isNamedValue(node: ts.Node): boolean {
  return ts.isVariableDeclaration(node) && ts.isIdentifier(node.name);
}

function isOfLedger(node: ts.Node): boolean {
  return node.getSourceFile().fileName.includes(LEDGER);
}

/** A query of an index is asked of the index, everything else of the table. */
function noteCommand({ expression }: ts.NewExpression, { actions }: TableUse): void {
  const operation = /^(\w+)Command$/.exec(expression.getText())?.[1];
  const file = expression.getSourceFile().fileName;
  if (operation === undefined || !file.includes(LEDGER)) return;
  if (operation === "Query" && file.endsWith("/store-reads.ts")) return;
  actions.add(`dynamodb:${operation}`);
}
