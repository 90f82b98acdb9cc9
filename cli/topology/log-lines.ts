import type { ChangesResponse } from "../../web/api/topology.ts";
import { attributeLines } from "./attribute-lines.ts";
import { fullNameOf, timeText } from "./names.ts";
import type { Pen } from "./terminal.ts";

/** The change log, one line a change and one an attribute. */
export function logLines({ changes, next }: ChangesResponse, pen: Pen): readonly string[] {
  const lines = changes.flatMap(({ at, cluster, revision, change }) => {
    const head = pen.paint("quiet", `${timeText(at)} ${cluster}@r${revision}`);
    switch (change.kind) {
      case "add": {
        const was = change.renamed_from === undefined ? "" : ` (was ${change.renamed_from})`;
        return [pen.line(`${head} ${pen.paint("added", `+ ${fullNameOf(change.element)}${was}`)}`)];
      }
      case "remove":
        return [pen.line(`${head} ${pen.paint("removed", `- ${fullNameOf(change.element)}`)}`)];
      case "update": {
        const name = fullNameOf({ id: change.id, ...change.subject });
        return [pen.line(`${head} ${pen.paint("changed", `~ ${name}`)}`), ...attributeLines(change, pen)];
      }
    }
  });
  if (next === undefined) return lines;
  return [...lines, pen.line(pen.paint("quiet", "… more happened: give a later --from, or a higher --limit"))];
}
