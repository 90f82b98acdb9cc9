import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { unlessRefused } from "../unless-refused.ts";

/**
 * Of a pattern that fits more files than this those with the last names are taken: libvirt keeps the logs of machines that are long gone,
 * and machines are numbered as they come.
 */
export const MAX_FILES = 500;

/** Folders of `**` are not followed deeper. */
const MAX_DEPTH = 8;

/** What rotation leaves behind: its lines were read under the name they were written to. */
const ROTATED = /\.(?:gz|xz|bz2|zst|lz4|zip|old|bak)$|\.log[.-]\d+(?:\.\w+)?$|\.\d+$|-\d{8}(?:-\d+)?$/;

/**
 * Files that fit an absolute path with `*` (anything within one name) and `**` (any folders), sorted; rotated files never do,
 * unless they are named in full. What cannot be read fits nothing.
 */
export function filesOf(pattern: string): readonly string[] {
  const found = new Set<string>();
  for (const path of below("/", pattern.split("/").filter(Boolean), MAX_DEPTH)) {
    found.add(path);
    if (found.size === MAX_FILES) break;
  }
  return [...found].sort();
}

function* below(folder: string, [segment, ...rest]: readonly string[], depth: number): Generator<string> {
  if (segment === undefined) return;
  const isLast = rest.length === 0;
  if (segment === "**") {
    yield* below(folder, isLast ? ["*"] : rest, depth);
    if (depth === 0) return;
    for (const it of entriesOf(folder)) {
      // A link to a folder is not followed here, where it could lead in a circle.
      if (it.isDirectory()) yield* below(join(folder, it.name), [segment, ...rest], depth - 1);
    }
    return;
  }
  const isPlain = !segment.includes("*");
  if (isPlain && !isLast) return yield* below(join(folder, segment), rest, depth);
  const name = expressionOf(segment);
  for (const it of entriesOf(folder)) {
    if (!name.test(it.name)) continue;
    if (!isLast) yield* below(join(folder, it.name), rest, depth);
    else if (isPlain || !ROTATED.test(it.name)) {
      const path = join(folder, it.name);
      // What is no file by itself may be a link to one; a pipe or a device is not read.
      if (it.isFile() || (it.isSymbolicLink() && unlessRefused(() => statSync(path))?.isFile())) yield path;
    }
  }
}

function expressionOf(segment: string): RegExp {
  return new RegExp(`^${segment.split("*").map(escaped).join(".*")}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

function entriesOf(folder: string) {
  const entries = unlessRefused(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  return entries.sort((a, b) => (a.name < b.name ? 1 : -1));
}
