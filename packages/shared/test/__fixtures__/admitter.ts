import { setTimeout as delay } from "node:timers/promises";
import type { Limits } from "../../src/catalogue/index.ts";
import { type AdmissionScope, openAdmission } from "../../src/queues/admission.ts";
import { connect } from "../../src/queues/connection.ts";

// One of several processes that ask for the same account: as often as it can from the start that all wait for to
// the end that it names, or for one slot that it then keeps.
const [url = "", prefix = "", task = "", limits = "{}"] = process.argv.slice(2);
const redis = connect(url, "worker");
const admission = openAdmission(redis, prefix);
const scope: AdmissionScope = { kind: "provider", id: "account", limits: JSON.parse(limits) as Limits };
let asked = 0;

function ask(leaseMs: number) {
  asked += 1;
  const reservation = { reservationId: `${process.pid}-${asked}`, scopes: [scope], tokens: 1, leaseMs };
  return { reservation, answer: admission.admit(reservation) };
}

async function flood(): Promise<void> {
  process.stdout.write("ready\n");
  const [, end = "0"] = (await redis.brpop(`${prefix}:start`, 0)) ?? [];
  let admitted = 0;
  for (;;) {
    const answers = await Promise.all([ask(60_000).answer, ask(60_000).answer]);
    const [seconds, micros] = (await redis.time()).map(Number) as [number, number];
    admitted += answers.filter((answer) => answer.admitted).length;
    if (seconds * 1_000 + micros / 1_000 >= Number(end)) break;
    // A pause after a refusal leaves the other processes their share of the machine.
    if (answers.some((answer) => !answer.admitted)) await delay(2);
  }
  process.stdout.write(`admitted ${admitted}\n`);
  redis.disconnect();
}

async function keep(leaseMs: number): Promise<void> {
  const { reservation, answer } = ask(leaseMs);
  await answer;
  setInterval(() => admission.renew(reservation).catch(() => {}), leaseMs / 3);
  process.stdout.write("kept\n");
}

await (task === "flood" ? flood() : keep(Number(task)));
