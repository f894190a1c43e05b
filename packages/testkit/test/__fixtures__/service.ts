// A stand-in service: says what it was given, then drains when asked to, or never.
const { GREETING = "none", SECRET = "none" } = process.env;
const heartbeat = setInterval(() => {}, 1_000);
process.on("SIGTERM", () => {
  process.stdout.write("draining\n");
  if (process.argv[2] !== "stubborn") clearInterval(heartbeat);
});
process.stdout.write(`greeting ${GREETING}, secret ${SECRET}\n`);
process.stderr.write("ready\n");
