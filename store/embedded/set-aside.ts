import { existsSync, renameSync } from "node:fs";
import { type EpochMs, toRfc3339 } from "../../core/clock.ts";
import { markOf } from "./acknowledged-mark.ts";
import { walOf } from "./duckdb.ts";

/**
 * Renames a damaged database, DuckDB's or SQLite's, with all that lies beside it, so that a new one can begin; nothing
 * is deleted. (A log left behind would be applied to the new file.)
 * Returns the new name of the main file.
 */
export function setAsideDatabase(path: string, now: EpochMs): string {
  const suffix = `.damaged-${toRfc3339(now).replaceAll(":", "")}`;
  for (const file of [path, walOf(path), markOf(path), `${path}-wal`, `${path}-shm`]) {
    if (existsSync(file)) renameSync(file, file + suffix);
  }
  return path + suffix;
}
