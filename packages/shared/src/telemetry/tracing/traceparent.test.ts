import { describe, expect, test } from "vitest";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

test.each([
  ["00", "01", true],
  ["00", "00", false],
  ["00", "03", true],
  ["00", "fe", false],
  ["cc", "01", true],
])("a traceparent of version %s with flags %s says where it stands", (version, flags, isSampled) => {
  const place = parseTraceparent(`${version}-${TRACE}-${SPAN}-${flags}`);
  expect(place).toEqual({ traceId: TRACE, spanId: SPAN, isSampled });
});

test("one of a later version may say more", () => {
  expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-what-the-future-brings`)?.traceId).toBe(TRACE);
});

describe("what is no traceparent is none", () => {
  test.each([
    undefined,
    "",
    "x",
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE}-${SPAN}-01 `,
    `00-${TRACE}-${SPAN}-01\n`,
    `0-${TRACE}-${SPAN}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE}0-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    `01-${TRACE}-${SPAN}-01x`,
  ])("%j", (header) => {
    expect(parseTraceparent(header)).toBeNull();
  });
});

test("what was read is written as version 00", () => {
  expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, isSampled: true })).toBe(`00-${TRACE}-${SPAN}-01`);
  expect(formatTraceparent({ traceId: TRACE, spanId: SPAN, isSampled: false })).toBe(
    `00-${TRACE}-${SPAN}-00`,
  );
});
