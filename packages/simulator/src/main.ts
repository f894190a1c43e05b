import { readSimulatorConfig } from "./config.ts";
import { startSimulator } from "./start-simulator.ts";

try {
  const options = readSimulatorConfig(process.env);
  const simulator = await startSimulator(options);
  const { billFile = null, seed, faults, latencyScale } = options;
  process.stdout.write(
    `${JSON.stringify({ message: "simulator ready", url: simulator.url, seed, billFile, faults, latencyScale })}\n`,
  );

  let isStopping = false;
  const stop = () => {
    // A second signal leaves at once.
    if (isStopping) process.exit(1);
    isStopping = true;
    simulator.close().catch((error: unknown) => {
      process.stderr.write(`simulator: ${error}\n`);
      process.exitCode = 1;
    });
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
