import { describe, expect, it } from "vitest";
import { FaultChooser } from "./fault-chooser.ts";
import { FaultMixSchema, FaultMixText } from "./fault-mix.ts";
import { parseFaultSpec } from "./fault-spec.ts";

const CALL = { header: undefined, model: "sim-small", attemptId: null, jobId: null };

function fates(chooser: FaultChooser, calls: number): (string | undefined)[] {
  return Array.from(
    { length: calls },
    (_, number) => chooser.choose({ ...CALL, attemptId: `a${number}` })?.name,
  );
}

describe("precedence", () => {
  const chooser = new FaultChooser("1", { "500": 1 });

  it("the header decides before the model's name, and that before the mix", () => {
    expect(chooser.choose({ ...CALL, header: "hang", model: "fault-reset" })?.name).toBe("hang");
    expect(chooser.choose({ ...CALL, model: "fault-reset" })?.name).toBe("reset");
    expect(chooser.choose(CALL)?.name).toBe("500");
  });

  it("the header none protects a call from the mix", () => {
    expect(chooser.choose({ ...CALL, header: "none" })).toBeUndefined();
  });
});

describe("parameters", () => {
  it("retry-after replaces the table's own, in a header and in a model's name", () => {
    const chooser = new FaultChooser("1", {});
    for (const call of [
      { ...CALL, header: "429;retry-after=7" },
      { ...CALL, model: "fault-429;retry-after=7" },
    ]) {
      expect(chooser.choose(call)?.behaviour).toMatchObject({ kind: "refuse", retryAfterSeconds: 7 });
    }
  });

  it("times lets only the first calls with the same key fail", () => {
    const chooser = new FaultChooser("1", {});
    const call = { ...CALL, header: "500;times=2" };
    expect([1, 2, 3].map(() => chooser.choose(call)?.name)).toEqual(["500", "500", undefined]);
    expect(chooser.choose({ ...CALL, header: "500;times=2;key=other" })?.name).toBe("500");
  });

  it("times counts for each job alone where it is asked to", () => {
    const chooser = new FaultChooser("1", {});
    const call = { ...CALL, model: "fault-500;times=1;per=job" };
    const names = ["a", "a", "b", "b"].map((jobId) => chooser.choose({ ...call, jobId })?.name);
    expect(names).toEqual(["500", undefined, "500", undefined]);
  });

  it.each(["", "50", "429;retry-after=soon", "429;retry=1", "reset;times=-1", "__proto__", "500;per=tenant"])(
    "%s is refused",
    (text) => {
      expect(() => parseFaultSpec(text)).toThrow();
    },
  );
});

it("a model named after no known fault does not exist", () => {
  expect(() => new FaultChooser("1", {}).choose({ ...CALL, model: "fault-typo" })).toThrow("does not exist");
});

describe("the mix", () => {
  const mix = { "429": 0.06, "500": 0.06, reset: 0.03, truncated: 0.02, hang: 0.03 };

  it("gives an attempt the same fate whatever arrived before it", () => {
    const forwards = fates(new FaultChooser("7", mix), 500);
    const chooser = new FaultChooser("7", mix);
    fates(chooser, 100);
    expect(fates(chooser, 500)).toEqual(forwards);
    expect(fates(new FaultChooser("8", mix), 500)).not.toEqual(forwards);
  });

  it("hits about the share of the calls that it names", () => {
    const drawn = fates(new FaultChooser("7", mix), 20_000);
    for (const [name, share] of Object.entries(mix)) {
      const seen = drawn.filter((fate) => fate === name).length / drawn.length;
      expect(Math.abs(seen - share)).toBeLessThan(0.01);
    }
  });

  it("is read from text", () => {
    expect(FaultMixText.parse("429=0.06, reset=0.03")).toEqual({ "429": 0.06, reset: 0.03 });
    expect(FaultMixText.parse("")).toEqual({});
  });

  it.each(["429", "429=", "429=often", "429=2", "gibberish=0.1", "429=0.6,500=0.6"])(
    "%s is no mix",
    (text) => {
      expect(FaultMixText.safeParse(text).success).toBe(false);
    },
  );

  it("may add up to exactly one in decimals that do not add up in binary", () => {
    const tenths = Object.fromEntries(
      ["400", "401", "403", "404", "408", "409", "413", "422", "429", "500"].map((name) => [name, 0.1]),
    );
    expect(FaultMixSchema.safeParse(tenths).success).toBe(true);
  });
});
