import type { JobRow } from "@switchyard/shared/ledger";
import { startProcess, watchLeaks } from "@switchyard/testkit";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { type Verified, type VerifyOptions, verifyTotals } from "../src/verify/verify-totals.ts";
import { COST, USAGE, usingWorld, type World } from "./support.ts";

afterAll(watchLeaks());

let world: World;
beforeEach(async () => {
  world = await usingWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const LOST = { code: "PROVIDER_OUTCOME_UNKNOWN", message: "no answer" };
const DAY = "2026-06-01";

async function verified(given: Partial<VerifyOptions> = {}): Promise<Verified & { told: string[] }> {
  const told: string[] = [];
  const onProblem = (text: string) => void told.push(text);
  return { ...(await verifyTotals({ ledger: world.ledger, onProblem, ...given })), told };
}

async function endedJob(tenant: string, tags?: JobRow["tags"]): Promise<JobRow> {
  const { job, attempt } = await world.calling({ tenant, ...(tags === undefined ? {} : { tags }) });
  await world.answer(attempt);
  await world.settle(job);
  return (await world.view(job)).job;
}

/** A job that failed after a call whose outcome was unknown then. */
async function riskedJob(tenant: string) {
  const { job, attempt } = await world.calling({ tenant });
  await world.ledger.attempts.unknown(attempt, LOST);
  await world.ledger.jobs.fail((await world.view(job)).job, LOST);
  await world.settle(job);
  return { job, attempt };
}

/** Changes an item by the protocol itself, as whoever has a hand in the table might. */
async function tamper(
  operation: "UpdateItem" | "DeleteItem",
  key: { pk: string; sk: string },
  rest: object = {},
) {
  const { tableName, endpoint } = world.table;
  const Key = { pk: { S: key.pk }, sk: { S: key.sk } };
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": `DynamoDB_20120810.${operation}`,
      "x-amz-date": "20260101T000000Z",
      authorization:
        "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
    },
    body: JSON.stringify({ TableName: tableName, Key, ...rest }),
  });
  expect(response.status).toBe(200);
}

const adding = (amount: number) => ({
  UpdateExpression: "ADD costPicoUsd :amount",
  ExpressionAttributeValues: { ":amount": { N: String(amount) } },
});

async function totalOf(tenant: string) {
  for await (const items of world.ledger.audit.totals()) {
    const own = items.find(({ key }) => key.pk.startsWith(`T#${tenant}#`));
    if (own !== undefined) return own;
  }
  throw new Error(`${tenant} has no totals`);
}

const attemptKey = ({ jobId }: Pick<JobRow, "jobId">) => ({ pk: `J#${jobId}`, sk: "att#0001" });

test("totals are the sum of their rows: answered, void, unknown, settled late and not yet counted ones", async () => {
  for (const tenant of ["acme", "acme", "other"]) await endedJob(tenant);
  await riskedJob("acme");
  const { job, attempt } = await riskedJob("acme");
  await world.ledger.attempts.settle(attempt, { usage: USAGE, costPicoUsd: COST, providerRequestId: null });
  await world.settle(job);
  const refused = await world.calling({ tenant: "acme" });
  await world.ledger.attempts.voided(refused.attempt, LOST);
  const guessed = await world.calling({ tenant: "acme" });
  const estimate = { method: "bytes", usage: USAGE, costPicoUsd: COST };
  await world.ledger.attempts.settle(guessed.attempt, { estimate, providerRequestId: null, resultChunks: 1 });
  await world.settle(guessed.job);
  // Paid for, and its job has not been settled yet.
  await world.answer((await world.calling({ tenant: "acme" })).attempt);
  expect(await verified()).toMatchObject({ calls: 8, problems: 0, pending: 1, told: [] });
  expect(await verified({ tenant: "other" })).toMatchObject({ calls: 1, items: 1, problems: 0 });
  expect(await verified({ from: "2026-06-02" })).toMatchObject({ items: 0, problems: 0 });
});

test("a total and a row that were tampered with are both told, each with what it is off by", async () => {
  for (let job = 0; job < 3; job += 1) await endedJob("acme");
  const other = await endedJob("other");
  await endedJob("third");
  const total = await totalOf("acme");
  await tamper("UpdateItem", total.key, adding(1));
  await tamper("UpdateItem", attemptKey(other), adding(-2));
  const { problems, told } = await verified();
  expect(problems).toBe(3);
  expect(told).toEqual(
    expect.arrayContaining([
      `${total.key.pk} ${total.key.sk}: costPicoUsd is 133, its rows come to 132 (+1)`,
      expect.stringMatching(/^T#other#2026-06-01#\d .*: costPicoUsd is 44, its rows come to 42 \(\+2\)$/),
      `${other.jobId} call 1 costs 42, its tokens at its price 44`,
    ]),
  );
  expect(await verified({ tenant: "third" })).toMatchObject({ items: 1, problems: 0 });
  expect(await verified({ tenant: "acme", from: DAY, to: DAY })).toMatchObject({ problems: 1 });
  expect(await verified({ to: "2026-05-31" })).toMatchObject({ items: 0, problems: 1 });
});

test("jobs that differ only in their tags are verified apart, whatever is in the tags", async () => {
  const odd = { team: "a#b&c=d%\n\u2028\u2029", project: "x" };
  for (const tags of [undefined, { team: "a" }, { team: "a" }, odd]) await endedJob("acme", tags);
  expect(await verified()).toMatchObject({ calls: 4, items: 3, told: [] });
  await tamper("UpdateItem", attemptKey(await endedJob("acme", odd)), {
    UpdateExpression: "SET tg = :other",
    ExpressionAttributeValues: { ":other": { S: JSON.stringify({ team: "a" }) } },
  });
  const { told } = await verified();
  const [place, twice] = ["acme#\\S+", "team=a%23b%26c=d%25%0A\u2028\u2029#2026"];
  expect(told).toContainEqual(
    expect.stringMatching(new RegExp(`^T#${place} .*project=x&${twice}.*costPicoUsd is 88`)),
  );
});

test("a total that is gone, and one whose row is gone, are told", async () => {
  const lacking = await endedJob("acme");
  const gone = await endedJob("other");
  await tamper("DeleteItem", (await totalOf("acme")).key);
  await tamper("DeleteItem", attemptKey(gone));
  const { told } = await verified();
  expect(told).toContainEqual(expect.stringMatching(new RegExp(`lacks ${lacking.jobId} call 1$`)));
  expect(told).toContainEqual(expect.stringMatching(/^T#other#.*: holds places of no row: 0$/));
  expect(told).toContainEqual(
    expect.stringMatching(/^T#other#.*: costPicoUsd is 44, its rows come to 0 \(\+44\)$/),
  );
});

test("a call of an ended job that nobody has counted waits for the sweeper, and is told where nobody will", async () => {
  const { job, attempt } = await riskedJob("acme");
  await world.answer(attempt, null);
  expect(await verified()).toMatchObject({ problems: 0, pending: 2 });
  await world.ledger.jobs.attend((await world.view(job)).job, null);
  const { told, pending } = await verified();
  expect(pending).toBe(0);
  expect(told).toEqual([1, 2].map(() => expect.stringMatching(new RegExp(`lacks ${job.jobId} call 1$`))));
});

test("a row that cannot be read is told, and the others are verified all the same", async () => {
  const broken = await endedJob("acme");
  await endedJob("other");
  await tamper("UpdateItem", attemptKey(broken), { UpdateExpression: "REMOVE lu" });
  const { calls, told } = await verified();
  expect(calls).toBe(1);
  expect(told[0]).toContain(`J#${broken.jobId} att#0001: leaseUntil`);
});

test("jobs that end while it reads are no difference", async () => {
  let isOver = false;
  const ending = (async () => {
    for (let round = 0; !isOver; round += 1) {
      await Promise.all([endedJob("acme"), riskedJob("acme"), endedJob(`t${round % 3}`)]);
    }
  })();
  try {
    for (let round = 0; round < 5; round += 1) expect((await verified()).told).toEqual([]);
  } finally {
    isOver = true;
    await ending;
  }
});

test("as a program it tells what differs, and ends with 0, 1 or 2", async () => {
  await endedJob("acme");
  const run = async (...args: string[]) => {
    const { tableName, endpoint } = world.table;
    const env = {
      ...{ DYNAMODB_TABLE: tableName, DYNAMODB_ENDPOINT: endpoint },
      ...{ AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    };
    const entry = new URL("../src/ledger.ts", import.meta.url);
    const program = startProcess({ entry, name: "ledger", args, env });
    const { code } = await program.exited;
    return { code, lines: program.logs() };
  };
  const counted = "1 calls, 1 totals, 0 calls not counted yet,";
  expect(await run("verify")).toEqual({ code: 0, lines: [`${counted} 0 differences`] });
  await tamper("UpdateItem", (await totalOf("acme")).key, adding(7));
  expect(await run("verify", "--tenant", "acme", "--from", DAY)).toEqual({
    code: 1,
    lines: [expect.stringContaining("(+7)"), `${counted} 1 differences`],
  });
  for (const args of [
    [],
    ["mend"],
    ["verify", "--to", "tomorrow"],
    ["verify", "--from", DAY, "--to", "2026-01-01"],
  ]) {
    expect((await run(...args)).code).toBe(2);
  }
});
