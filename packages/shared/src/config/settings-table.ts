import type { Setting } from "./setting.ts";

/** One setting as `docs/configuration.md` lists it. */
export interface SettingRow {
  name: string;
  /** The default as text, `required`, or `unset`. */
  default: string;
  meaning: string;
  isSecret: boolean;
}

/** The rows that the documentation must have for a table of settings; a test compares the two. */
export function settingsTable(settings: Readonly<Record<string, Setting<unknown>>>): SettingRow[] {
  return Object.values(settings).map(({ name, default: given, isRequired, meaning, isSecret }) => ({
    name,
    default: given ?? (isRequired ? "required" : "unset"),
    meaning,
    isSecret,
  }));
}
