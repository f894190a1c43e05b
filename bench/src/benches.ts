import type { Bench } from "./bench.ts";
import { classification } from "./classification/bench.ts";
import { durablePath } from "./durable-path/bench.ts";
import { fairShare } from "./fair-share/bench.ts";
import { hybrid } from "./hybrid/bench.ts";
import { overhead } from "./overhead/bench.ts";
import { providerCall } from "./provider-call/bench.ts";
import { queuePlane } from "./queue-plane/bench.ts";
import { readingCosts } from "./reading-costs/bench.ts";
import { savings } from "./savings/bench.ts";
import { scaling } from "./scaling/bench.ts";

/** Every benchmark, in the order in which they run. */
export const BENCHES: readonly Bench[] = [
  queuePlane,
  durablePath,
  overhead,
  fairShare,
  providerCall,
  classification,
  hybrid,
  savings,
  readingCosts,
  scaling,
];
