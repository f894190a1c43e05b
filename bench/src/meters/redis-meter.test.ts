import { expect, test } from "vitest";
import { parseInfo, since } from "./redis-meter.ts";

function info(calls: { get: number; evalsha: number; info: number }): string {
  return [
    "# Stats",
    "total_net_input_bytes:1000",
    "total_net_output_bytes:500",
    "# CPU",
    "used_cpu_sys:0.250000",
    "used_cpu_user:0.500000",
    "used_cpu_sys_children:9.000000",
    "# Commandstats",
    `cmdstat_get:calls=${calls.get},usec=2,usec_per_call=1.00,rejected_calls=0,failed_calls=0`,
    `cmdstat_evalsha:calls=${calls.evalsha},usec=2,usec_per_call=1.00,rejected_calls=0,failed_calls=0`,
    `cmdstat_info:calls=${calls.info},usec=2,usec_per_call=1.00,rejected_calls=0,failed_calls=0`,
  ].join("\r\n");
}

test("Redis's counters become CPU, calls, scripts and bytes, without the meter's own reading", () => {
  expect(parseInfo(info({ get: 3, evalsha: 2, info: 7 }))).toEqual({
    cpuMs: 750,
    calls: 5,
    scripts: 2,
    wireBytes: 1_500,
    callsByCommand: { get: 3, evalsha: 2 },
  });
});

test("what was before a run is not counted as the run's", () => {
  const before = parseInfo(info({ get: 3, evalsha: 2, info: 1 }));
  const after = parseInfo(info({ get: 3, evalsha: 6, info: 2 }));
  expect(since(before, after)).toMatchObject({ calls: 4, scripts: 4, callsByCommand: { evalsha: 4 } });
});
