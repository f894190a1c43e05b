import { runPath } from "./scratch-run.ts";
const runs = await runPath(200, [{ jobs: 1500, inFlight: 256 }]);
for (const r of runs) console.log(r.seconds, Object.fromEntries(Object.entries(r.cpuMs).map(([k,v])=>[k,(v*1000/r.jobs).toFixed(0)])), JSON.stringify(r.ledger));
