import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface LossyRedis {
  url: string;
  /** Commands go through and are carried out; their replies wait until `release`. */
  hold: () => void;
  release: () => void;
  /** Cuts every connection at the first reply that comes from now on; new connections are whole. */
  cutAtNextReply: () => void;
  cuts: () => number;
  close: () => Promise<void>;
}

/** A way to Redis that holds replies back, cuts them off, or changes what they say. */
export async function startLossyRedis(
  target: string,
  rewrite: (reply: string) => string = (reply) => reply,
): Promise<LossyRedis> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isHeld = false;
  let held: (() => void)[] = [];
  let isCutting = false;
  let cuts = 0;

  function cut(): void {
    isCutting = false;
    cuts += 1;
    for (const socket of sockets) socket.destroy();
  }

  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
    }
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
    near.pipe(far);
    far.on("data", (reply: Buffer) => {
      if (isCutting) return cut();
      const pass = () => near.write(rewrite(reply.toString("latin1")), "latin1");
      if (isHeld) held.push(pass);
      else pass();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const pass of held) pass();
      held = [];
    },
    cutAtNextReply() {
      isCutting = true;
    },
    cuts: () => cuts,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
