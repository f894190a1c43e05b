export type { BillLine } from "./bill/bill-line.ts";
export type { FaultMix } from "./faults/fault-mix.ts";
export type { FaultName } from "./faults/fault-table.ts";
export { type Simulator, type SimulatorOptions, startSimulator } from "./start-simulator.ts";
