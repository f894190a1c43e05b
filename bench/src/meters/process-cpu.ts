import { readFileSync } from "node:fs";

/** Linux counts CPU time in hundredths of a second, whatever its own tick is. */
const MS_PER_TICK = 10;

/** CPU time of a process, all its threads, user and system, in milliseconds. Linux only. */
export function processCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name, in parentheses, may hold blanks; the fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return MS_PER_TICK * (Number(fields[11]) + Number(fields[12]));
}

/** CPU time of this process so far, in milliseconds. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
