import { Queue, Worker } from "bullmq";
import { endings, type QueueSubject } from "./queue-subject.ts";

interface HopOptions {
  redisUrl: string;
  prompt: string;
  concurrency: number;
  process: (prompt: string) => Promise<void>;
}

/** The reference: one BullMQ hop as a user writes it by hand, its job carrying the prompt. */
export function openHop({ redisUrl, prompt, concurrency, process }: HopOptions): QueueSubject {
  const connection = { url: redisUrl, maxRetriesPerRequest: null };
  const queue = new Queue("hop", { connection, defaultJobOptions: { removeOnComplete: true } });
  const ended = endings();
  const worker = new Worker<{ id: string; prompt: string }>(
    "hop",
    async (job) => {
      await process(job.data.prompt);
      ended.reached(job.data.id);
    },
    { connection, concurrency },
  );
  return {
    async run(index) {
      const id = `job-${index}`;
      const end = ended.of(id);
      await queue.add("job", { id, prompt });
      await end;
    },
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}
