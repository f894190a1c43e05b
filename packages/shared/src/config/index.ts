export type { BaseConfig } from "./base-settings.ts";
export { baseSettings } from "./base-settings.ts";
export type { EnvironmentSource, ValuesOf } from "./read-environment.ts";
export { readEnvironment, readSecret } from "./read-environment.ts";
export type { Setting } from "./setting.ts";
export { httpUrl, nullable, required, text, whole, withDefault } from "./setting.ts";
export type { SettingRow } from "./settings-table.ts";
export { settingsTable } from "./settings-table.ts";
export type { TracesSampler, TracingConfig } from "./tracing-settings.ts";
