import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { StartFailure } from "./start-failure.ts";

/** Where one run of the launcher keeps its files. */
export interface RunFolder {
  redisDir: string;
  /** null: in memory. */
  dynamodbDir: string | null;
  secretsFile: string | null;
  /** A fresh log file; the one of the run before stays beside it. */
  logFile: (name: string) => string;
  /** Removes what was temporary and lets the next run in. May be called any number of times. */
  release: () => void;
}

/**
 * A folder to keep data in, held by one run at a time, or without a name a temporary one. Logs outlive the
 * run in both cases.
 * @throws StartFailure when it cannot be written or another run has it.
 */
export function openRunFolder(dataDir: string | null, workingDir: string): RunFolder {
  if (dataDir === null) return temporaryFolder(workingDir);
  const dir = resolve(workingDir, dataDir);
  const logs = join(dir, "logs");
  writable(dir, () => makeFolder(logs, 0o700));
  const lock = join(dir, "lock");
  writable(dir, () => takeLock(lock, dir));
  return {
    redisDir: join(dir, "redis"),
    dynamodbDir: join(dir, "dynamodb"),
    secretsFile: join(dir, "secrets.json"),
    logFile: (name) => freshLog(logs, name),
    release: () => rmSync(lock, { force: true }),
  };
}

function temporaryFolder(workingDir: string): RunFolder {
  const logs = join(workingDir, ".switchyard", "logs");
  writable(workingDir, () => makeFolder(logs, 0o755));
  const temporary = mkdtempSync(join(tmpdir(), "switchyard-"));
  return {
    redisDir: temporary,
    dynamodbDir: null,
    secretsFile: null,
    logFile: (name) => freshLog(logs, name),
    release: () => rmSync(temporary, { recursive: true, force: true }),
  };
}

function freshLog(logs: string, name: string): string {
  const file = join(logs, `${name}.log`);
  // Renamed, not emptied: another run may still be writing to it.
  if (existsSync(file)) renameSync(file, join(logs, `${name}.previous.log`));
  writeFileSync(file, "", { mode: 0o600 });
  return file;
}

/** Two servers on the same files would ruin them. */
function takeLock(lock: string, dir: string): void {
  for (let tries = 0; ; tries += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const owner = Number(readFileSync(lock, "utf8"));
      if (tries > 0 || isRunning(owner)) {
        const remedy = `Stop it, or give another folder; if it is no Switchyard, delete ${lock}.`;
        throw new StartFailure(`${dir} is in use by process ${owner}.`, remedy);
      }
      rmSync(lock, { force: true });
    }
  }
}

/** Node's own recursive mkdir never returns where a folder exists and still answers ENOENT, as /proc does. */
function makeFolder(dir: string, mode: number): void {
  try {
    mkdirSync(dir, { mode });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && statSync(dir).isDirectory()) return;
    if (code !== "ENOENT" || existsSync(dirname(dir))) throw error;
    makeFolder(dirname(dir), mode);
    mkdirSync(dir, { mode });
  }
}

function isRunning(pid: number): boolean {
  // A lock that was cut short names nobody; signal 0 to pid 0 would ask about ourselves.
  if (!Number.isInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function writable(dir: string, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof StartFailure) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const remedy = "Make it writable, or give another folder: npm start -- --data DIR";
    throw new StartFailure(`${dir} cannot be written (${code}).`, remedy, { cause: error });
  }
}
