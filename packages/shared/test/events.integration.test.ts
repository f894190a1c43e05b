import { waitFor, watchLeaks } from "@switchyard/testkit";
import { afterAll, expect, test } from "vitest";
import { eventPublisher, type JobEvent, subscribeToCancels, subscribeToEvents } from "../src/queues/index.ts";
import { usingQueues } from "./queue-support.ts";
import { newJobId } from "./support.ts";

afterAll(watchLeaks());

test("the end of a job is heard by whoever waits, and of its row no more than id, version and status", async () => {
  await using queues = await usingQueues();
  const heard: JobEvent[] = [];
  const subscriber = queues.connect("subscriber");
  subscribeToEvents(subscriber, queues.prefix, (event) => heard.push(event));
  await waitFor(async () => (await queues.redis.pubsub("NUMSUB", `${queues.prefix}:events`))[1] === 1);
  const channel: string[] = [];
  subscriber.on("message", (_channel, text: string) => channel.push(text));
  const event: JobEvent = { jobId: newJobId(), version: 4, status: "succeeded" };
  // As settle does it: with the row, whose money JSON cannot hold.
  const row = { ...event, tenant: "acme", costPicoUsd: 1_234n };
  eventPublisher(queues.redis, queues.prefix).publish(row);
  await waitFor(() => heard.length > 0);
  expect(heard).toEqual([event]);
  expect(channel.join()).not.toContain("acme");
});

test("whoever listens for cancels hears of the jobs that are being cancelled, and of no others", async () => {
  await using queues = await usingQueues();
  const heard: string[] = [];
  subscribeToCancels(queues.connect("subscriber"), queues.prefix, (jobId) => heard.push(jobId));
  await waitFor(async () => (await queues.redis.pubsub("NUMSUB", `${queues.prefix}:events`))[1] === 1);
  const { publish } = eventPublisher(queues.redis, queues.prefix);
  const [running, cancelling, last] = [newJobId(), newJobId(), newJobId()];
  publish({ jobId: running, version: 2, status: "running" });
  publish({ jobId: cancelling, version: 3, status: "cancelling" });
  publish({ jobId: running, version: 3, status: "succeeded" });
  publish({ jobId: last, version: 3, status: "cancelling" });
  await waitFor(() => heard.length > 1);
  expect(heard).toEqual([cancelling, last]);
});
