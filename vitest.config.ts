import { defineConfig } from "vitest/config";
import { SummaryReporter } from "./scripts/vitest-summary.ts";

// Every limit is several times what the slowest test takes on two busy cores: it is there to end a hang.
const config = defineConfig({
  test: {
    reporters: ["default", new SummaryReporter()],
    projects: [
      {
        // What `npm run check` says, counted like every other promise; first, and alone, since it wants both cores.
        test: {
          name: "check",
          include: ["scripts/checks.test.ts"],
          testTimeout: 300_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "services/*/src/**/*.test.ts",
            "scripts/**/*.test.ts",
            "bench/src/**/*.test.ts",
            "torture/src/**/*.test.ts",
            "training/src/**/*.test.ts",
            // A sabotage that no longer fits is told at once, by those who changed its line.
            "torture/test/sabotages.test.ts",
          ],
          exclude: ["scripts/checks.test.ts"],
          sequence: { groupOrder: 1 },
          testTimeout: 10_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["packages/*/test/**/*.integration.test.ts", "services/*/test/**/*.integration.test.ts"],
          globalSetup: ["./packages/testkit/src/shared-servers.ts"],
          sequence: { groupOrder: 1 },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // What is deployed: a compiler and foreign tools read all of it, which takes longer than a unit test may.
        test: {
          name: "deploy",
          include: ["deploy/src/**/*.test.ts"],
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
        },
      },
      {
        // Minutes of seeded faults and sabotaged copies: `npm run torture:test`, apart from `npm test`.
        test: {
          name: "torture",
          include: ["torture/test/**/*.test.ts"],
          exclude: ["torture/test/sabotages.test.ts"],
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: "end-to-end",
          include: ["test/**/*.test.ts"],
          // Whole systems at once would starve each other on two cores; they also run after everything else.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});

// The only way vitest accepts its configuration.
export default config;
