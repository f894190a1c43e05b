import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A steady address for a server that moves or goes away, as a service's name or a managed endpoint is. */
export interface Gate {
  readonly port: number;
  /** Cuts every connection; new ones lead to another port. */
  pointTo: (port: number) => void;
  /** Cuts every connection, and refuses new ones. */
  shut: () => Promise<void>;
  open: () => Promise<void>;
  stop: () => Promise<void>;
}

/** @param port where it listens, @param target the port on loopback that it leads to. */
export async function openGate(port: number, target: number): Promise<Gate> {
  const sockets = new Set<Socket>();
  let current = target;
  let server: Server | null = null;

  function pass(near: Socket): void {
    const far = connect(current, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  }

  function cut(): void {
    for (const socket of sockets) socket.destroy();
  }

  async function open(): Promise<void> {
    if (server !== null) return;
    server = createServer(pass);
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  }

  async function shut(): Promise<void> {
    const closing = server;
    server = null;
    cut();
    if (closing === null) return;
    closing.close();
    await once(closing, "close");
  }

  await open();
  return {
    port,
    pointTo(next) {
      current = next;
      cut();
    },
    ...{ shut, open, stop: shut },
  };
}
