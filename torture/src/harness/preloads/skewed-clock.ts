/**
 * Puts the clock of a process wrong before anything else of it is loaded, by what the address of this module says:
 * `offsetMs` is how far it is ahead, `driftMs` how much further it goes every second, and `withinMs` how far the
 * drift may take it, first one way and then the other.
 */
const asked = new URL(import.meta.url).searchParams;
const offsetMs = Number(asked.get("offsetMs"));
const driftMs = Number(asked.get("driftMs"));
const withinMs = Number(asked.get("withinMs"));
const RightDate = Date;

/** A wave with straight sides: from 0 to the bound, down to its opposite, and up again. */
function driftedMs(): number {
  if (driftMs === 0) return 0;
  const phase = ((performance.now() / 1_000) * driftMs + withinMs) % (4 * withinMs);
  return phase < 2 * withinMs ? phase - withinMs : 3 * withinMs - phase;
}

function wrongNow(): number {
  return Math.round(RightDate.now() + offsetMs + driftedMs());
}

// biome-ignore lint/suspicious/noGlobalAssign: a wrong clock is what this module is for.
Date = new Proxy(RightDate, {
  construct: (target, args: [], self) =>
    Reflect.construct(target, args.length === 0 ? [wrongNow()] : args, self),
  get: (target, name, self) => (name === "now" ? wrongNow : Reflect.get(target, name, self)),
});
