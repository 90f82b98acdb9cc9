import type { DiffResponse } from "../../web/api/topology.ts";
import { attributeLines } from "./attribute-lines.ts";
import { fullNameOf } from "./names.ts";
import type { Pen, Tone } from "./terminal.ts";

/** Every row of a difference by itself, with its attributes; what `--flat` prints. */
export function flatLines(diff: DiffResponse, pen: Pen): readonly string[] {
  return [...rowLines(diff, pen).values()].flat();
}

/** The lines of each row, by the id groups know it by. */
export function rowLines(diff: DiffResponse, pen: Pen): ReadonlyMap<string, readonly string[]> {
  const lines = new Map<string, string[]>();
  const put = (id: string, tone: Tone, text: string, sides?: Parameters<typeof attributeLines>[0]): void => {
    const known = lines.get(id) ?? [];
    known.push(pen.line(pen.paint(tone, text)), ...(sides === undefined ? [] : attributeLines(sides, pen)));
    lines.set(id, known);
  };
  for (const { element, renamed_from, before = {}, after = {} } of diff.added) {
    const was = renamed_from === undefined ? "" : ` (was ${renamed_from})`;
    put(element.id, was === "" ? "added" : "moved", `${was === "" ? "+" : ">"} ${fullNameOf(element)}${was}`, {
      before,
      after,
    });
  }
  for (const element of diff.removed) put(element.id, "removed", `- ${fullNameOf(element)}`);
  for (const row of diff.moved) {
    const was = row.former === undefined ? "" : ` (was ${row.former.id})`;
    put(row.id, "moved", `> ${fullNameOf(row)} moved${was}`, row);
  }
  for (const row of diff.updated) put(row.id, "changed", `~ ${fullNameOf(row)}`, row);
  for (const element of diff.unknown) put(element.id, "unknown", `? ${fullNameOf(element)}`);
  return lines;
}
