import { existsSync, statSync } from "node:fs";
import type { EpochMs } from "../../core/clock.ts";
import { isRecord } from "../../core/json.ts";
import { unlessRefused } from "../unless-refused.ts";
import { LogFile, type LogStart, type Places } from "./log-file.ts";
import { filesOf, MAX_FILES } from "./log-glob.ts";
import type { LogFamily } from "./log-pattern.ts";
import { type LogFiles, sourceOf } from "./log-sources.ts";

/** What all files together may be read in one sample; the rest is read in the next. */
export const SAMPLE_BYTES = 4 * 1024 * 1024;

/** Each is an open file, of which a process may have 1,024 where nobody set more. */
const MAX_FOLLOWED = 800;

/** A file system may put the birth of a file a tick before the moment it was looked for. */
const BIRTH_SLACK_MS = 50;

export interface Followed {
  readonly file: LogFile;
  readonly source: string;
  readonly family: LogFamily | undefined;
}

/** What is saved. `at`: files that are not named and were made since were not there. */
export interface FileLogsState {
  readonly at: EpochMs;
  readonly files: { readonly [path: string]: Places };
}

/** The files that are followed, by path. */
export class FileLogs {
  readonly #files: readonly LogFiles[];
  readonly #followed = new Map<string, Followed>();
  #saved: FileLogsState | undefined;
  #lookedAt: EpochMs | undefined;
  #state: FileLogsState | undefined;

  constructor(files: readonly LogFiles[], saved: FileLogsState | undefined) {
    this.#files = files;
    this.#saved = saved;
    this.#lookedAt = saved?.at;
  }

  get followed(): readonly Followed[] {
    return [...this.#followed.values()];
  }

  /** The same as before while nothing was read and no file came or went. */
  state(): FileLogsState | undefined {
    if (this.#lookedAt === undefined) return undefined;
    const files = Object.fromEntries([...this.#followed].map(([path, { file }]) => [path, file.places]));
    if (JSON.stringify(files) !== JSON.stringify(this.#state?.files)) this.#state = { at: this.#lookedAt, files };
    return this.#state;
  }

  /** Looks for files that are there now; a path that two globs name belongs to the first. */
  look(at: EpochMs): void {
    const listed = this.#files.flatMap((files) => filesOf(files.glob).map((path) => ({ files, path })));
    if (listed.length >= MAX_FILES) this.#leaveAllBut(new Set(listed.map(({ path }) => path)));
    for (const { files, path } of listed) {
      if (this.#followed.has(path) || this.#followed.size >= MAX_FOLLOWED) continue;
      const source = sourceOf(files, path);
      this.#followed.set(path, { file: new LogFile(path, this.#startOf(path)), source, family: files.family });
    }
    // What was rotated away and not made anew while nobody looked.
    for (const [path, { file }] of this.#followed) if (file.isGone) this.#followed.delete(path);
    [this.#lookedAt, this.#saved] = [at, undefined];
  }

  close(): void {
    for (const { file } of this.#followed.values()) file.close();
    this.#followed.clear();
  }

  /** Files that are there and were pushed out by others with later names; one that is not there was rotated, and is read to its end. */
  #leaveAllBut(listed: ReadonlySet<string>): void {
    for (const [path, { file }] of this.#followed) {
      if (listed.has(path) || !existsSync(path)) continue;
      file.close();
      this.#followed.delete(path);
    }
  }

  /** A file nothing is known of is read from its beginning when it was made since it was last looked for. */
  #startOf(path: string): LogStart {
    const places = this.#saved?.files[path];
    if (places !== undefined) return places;
    const born = unlessRefused(() => statSync(path))?.birthtimeMs ?? 0;
    return this.#lookedAt !== undefined && born >= this.#lookedAt - BIRTH_SLACK_MS ? "beginning" : "end";
  }
}

/** Undefined when it is not what was saved. */
export function parseFileLogsState(value: unknown): FileLogsState | undefined {
  if (!isRecord(value) || typeof value.at !== "number" || !isRecord(value.files)) return undefined;
  const isPlace = (it: unknown) =>
    isRecord(it) &&
    [it.inode, it.offset, it.headBytes, it.headCrc].every((number) => Number.isSafeInteger(number)) &&
    typeof it.inLine === "boolean";
  const isWhole = Object.values(value.files).every((places) => Array.isArray(places) && places.every(isPlace));
  return isWhole ? (value as unknown as FileLogsState) : undefined;
}
