/** A Redis somebody can use, and what may be done to it. */
export interface RunningRedis {
  readonly url: string;
  /** For people: which Redis this is and where it came from. */
  readonly how: string;
  /** The server's process, when it runs on this machine outside a container. */
  readonly pid?: number;
  /** Sends a signal; waits for the end after SIGKILL and SIGTERM. Rejects for a Redis that is not ours. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and data, after a SIGKILL if it still runs. */
  restart(): Promise<void>;
  /** As `restart`, but with the data gone, as after the loss of a disk. */
  wipe(): Promise<void>;
  /** Ends what was started and removes what was temporary. May be called any number of times. */
  stop(): Promise<void>;
}
