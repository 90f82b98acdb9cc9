import { existsSync, renameSync } from "node:fs";
import { type EpochMs, toRfc3339 } from "../../core/clock.ts";
import { markOf } from "./acknowledged-mark.ts";
import { walOf } from "./duckdb.ts";

/**
 * Renames a damaged database with all that lies beside it, so that a new one can begin; nothing is deleted.
 * Returns the new name of the main file.
 */
export function setAsideDatabase(path: string, now: EpochMs): string {
  const suffix = `.damaged-${toRfc3339(now).replaceAll(":", "")}`;
  for (const file of [path, walOf(path), markOf(path)]) {
    if (existsSync(file)) renameSync(file, file + suffix);
  }
  return path + suffix;
}
