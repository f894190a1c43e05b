import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

/** What a run came to. `failed` also counts what failed outside a test: files, suites, the run itself. */
interface Tally {
  passed: number;
  failed: number;
  skipped: { file: string; name: string; reason: string }[];
}

/**
 * Ends the output with `N passed, N failed` (and `, N skipped`), for a machine to read. It is printed when the
 * process exits, since coverage, teardown and vitest's own summary come after the last test.
 */
export class SummaryReporter implements Reporter {
  #tally: Tally | undefined;

  onInit(): void {
    process.once("exit", (code) => process.stdout.write(summaryLines(this.#tally, code)));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    this.#tally = tally(modules, unhandledErrors);
  }
}

/** Counts every test case once, and every error that belongs to no test case as one failure. */
function tally(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Tally {
  const result: Tally = { passed: 0, failed: unhandledErrors.length, skipped: [] };
  for (const module of modules) {
    result.failed += module.errors().length;
    for (const suite of module.children.allSuites()) result.failed += suite.errors().length;
    for (const test of module.children.allTests()) count(test, result);
  }
  return result;
}

function count(test: TestCase, result: Tally): void {
  const outcome = test.result();
  if (outcome.state === "passed") result.passed += 1;
  else if (outcome.state === "skipped") result.skipped.push(skipOf(test));
  // A test still pending at the end never ran to its end: that is no pass.
  else result.failed += 1;
}

function skipOf(test: TestCase): Tally["skipped"][number] {
  return { file: test.module.relativeModuleId, name: test.fullName, reason: reason(test) };
}

/** How a test, or the suite around it, is called that needs a tool; vitest has no place for a reason beside a condition. */
const SAYS_WHEN = /\bSKIP ((?:without|where) [^:)]+)/;

function reason(test: TestCase): string {
  const outcome = test.result();
  if (outcome.state === "skipped" && outcome.note) return outcome.note;
  if (test.options.mode === "todo") return "not written yet";
  for (let parent: TestSuite | TestModule = test.parent; ; parent = parent.parent) {
    if (parent.errors().length > 0) return "its set-up failed";
    if (parent.type === "module") return SAYS_WHEN.exec(test.fullName)?.[1] ?? "no reason given";
  }
}

/** The lines printed last. A run that ends badly without a counted failure still reports one. */
export function summaryLines(tally: Tally | undefined, exitCode: number): string {
  const { passed, failed, skipped } = tally ?? { passed: 0, failed: 0, skipped: [] };
  const shownFailed = failed === 0 && exitCode !== 0 ? 1 : failed;
  const skips = Map.groupBy(skipped, ({ file, reason }) => `${file}: ${reason}`);
  const lines = [...skips.values()].map((alike) => `SKIP ${oneLine(skipLine(alike))}\n`).join("");
  const suffix = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  return `${lines}${passed} passed, ${shownFailed} failed${suffix}\n`;
}

/** Of one file and for one reason: a line for all of them. */
function skipLine(alike: Tally["skipped"]): string {
  const [{ file, name, reason } = { file: "", name: "", reason: "" }] = alike;
  return `${file} ${alike.length === 1 ? `> ${name}` : `(${alike.length} tests)`}: ${reason}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
