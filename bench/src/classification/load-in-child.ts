import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface Fresh {
  /** From before the import to after the first judgement. */
  readonly loadMs: number;
  /** What the process holds more than before, after a thousand judgements and a collection. */
  readonly memoryMb: number;
}

const JUDGE = new URL("../../../services/classifier/src/judge/judge.ts", import.meta.url).href;
const SCRIPT = `
const held = () => { gc(); const { heapUsed, external } = process.memoryUsage(); return (heapUsed + external) / 1e6; };
// What every service has loaded anyway.
await import(${JSON.stringify(new URL("../../../packages/shared/src/contracts/index.ts", import.meta.url).href)});
const before = held();
const startedAt = performance.now();
const { localJudge } = await import(${JSON.stringify(JUDGE)});
const { judge } = localJudge();
judge({ messages: [{ role: "user", content: "Who wrote Emma?" }] });
const loadMs = performance.now() - startedAt;
for (let index = 0; index < 1_000; index += 1) judge({ messages: [{ role: "user", content: "Prove it, " + index }] });
console.log(JSON.stringify({ loadMs, memoryMb: held() - before }));
`;

/** Loads the model in a process of its own, where nothing of it is warm. */
export async function loadInChild(): Promise<Fresh> {
  const args = ["--expose-gc", "--input-type=module", "--eval", SCRIPT];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as Fresh;
}
