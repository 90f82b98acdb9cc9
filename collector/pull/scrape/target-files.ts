import { glob, readFile, stat } from "node:fs/promises";
import { messageOf } from "../../../core/errors.ts";
import type { TargetGroup } from "./target.ts";
import { parseTargetFile } from "./target-file.ts";

const MAX_FILE_BYTES = 16 * 1024 * 1024;
const MAX_FILES = 1_000;

export interface FileProblem {
  readonly path: string;
  readonly reason: string;
}

interface KnownFile {
  readonly text: string;
  readonly groups: readonly TargetGroup[];
}

/** The targets in files, which may change at any time. A file that is bad keeps the targets it last had, and is named. */
export class TargetFiles {
  readonly #patterns: readonly string[];
  #files = new Map<string, KnownFile>();
  #problems: readonly FileProblem[] = [];

  constructor(patterns: readonly string[]) {
    this.#patterns = patterns;
  }

  problems(): readonly FileProblem[] {
    return this.#problems;
  }

  /** Reads them again. A file that is gone has no targets any more. */
  async read(): Promise<readonly TargetGroup[]> {
    const problems: FileProblem[] = [];
    const files = new Map<string, KnownFile>();
    for (const path of await this.#paths(problems)) {
      const known = this.#files.get(path);
      const file = await readTargets(path, known);
      if ("reason" in file) {
        problems.push(file);
        if (known !== undefined) files.set(path, known);
      } else files.set(path, file);
    }
    this.#files = files;
    this.#problems = problems;
    return [...files.values()].flatMap(({ groups }) => groups);
  }

  async #paths(problems: FileProblem[]): Promise<readonly string[]> {
    const paths = new Set<string>();
    for (const pattern of this.#patterns) {
      const before = paths.size;
      try {
        for await (const path of glob(pattern)) {
          if (paths.size < MAX_FILES) paths.add(path);
        }
      } catch (error) {
        problems.push({ path: pattern, reason: `cannot be looked for: ${messageOf(error)}` });
        continue;
      }
      if (paths.size === before) problems.push({ path: pattern, reason: "there is no such file" });
      if (paths.size === MAX_FILES) problems.push({ path: pattern, reason: `matches more than ${MAX_FILES} files` });
    }
    return [...paths].sort();
  }
}

async function readTargets(path: string, known: KnownFile | undefined): Promise<KnownFile | FileProblem> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) return { path, reason: `is larger than ${MAX_FILE_BYTES} bytes` };
    const text = await readFile(path, "utf8");
    if (text === known?.text) return known;
    const groups = parseTargetFile(text, path.endsWith(".json"));
    return typeof groups === "string" ? { path, reason: groups } : { text, groups };
  } catch (error) {
    return { path, reason: `cannot be read: ${messageOf(error)}` };
  }
}
