import { existsSync, readFileSync } from "node:fs";
import { connect, type NetConnectOpts } from "node:net";
import { join } from "node:path";
import type { Environment } from "./environment.ts";

// A socket on this machine takes a connection at once; an engine further away than this is none for tests.
const CONNECT_TIMEOUT_MS = 50;

/**
 * Whether anything takes connections where a Docker engine would be. Most machines have none, and should not wait
 * for the second that it takes to load a library which then says so.
 */
export async function mayHaveEngine(environment: Environment = process.env): Promise<boolean> {
  const attempts = engineAddresses(environment).map(takesConnections);
  return (await Promise.all(attempts)).includes(true);
}

/** Where testcontainers looks. What `DOCKER_HOST` names is meant, so nothing else is then looked at. */
function engineAddresses(environment: Environment): NetConnectOpts[] {
  if (environment.DOCKER_HOST) return addressOf(environment.DOCKER_HOST);
  const home = environment.HOME ?? "";
  const sockets = [
    "/var/run/docker.sock",
    `/run/user/${process.getuid?.() ?? 0}/docker.sock`,
    join(home, ".docker/run/docker.sock"),
    join(home, ".docker/desktop/docker.sock"),
    ...(environment.XDG_RUNTIME_DIR ? [join(environment.XDG_RUNTIME_DIR, "docker.sock")] : []),
  ];
  return [...sockets.filter((path) => existsSync(path)).map((path) => ({ path })), ...configured(home)];
}

function configured(home: string): NetConnectOpts[] {
  try {
    const text = readFileSync(join(home, ".testcontainers.properties"), "utf8");
    return [...text.matchAll(/^\s*(?:tc|docker)\.host\s*=\s*(\S+)/gm)].flatMap(([, url]) =>
      addressOf(url ?? ""),
    );
  } catch {
    return [];
  }
}

function addressOf(url: string): NetConnectOpts[] {
  if (!URL.canParse(url)) return [];
  const { hostname, port, pathname } = new URL(url);
  return [hostname === "" ? { path: pathname } : { host: hostname, port: Number(port || 2375) }];
}

function takesConnections(address: NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const settle = (isTaken: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isTaken);
    };
    const timer = setTimeout(() => settle(false), CONNECT_TIMEOUT_MS);
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}
