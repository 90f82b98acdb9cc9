import type { Static } from "typebox";
import type { ChangeSchema } from "../../web/api/topology.ts";
import { attributeLines } from "./attribute-lines.ts";
import { fullNameOf } from "./names.ts";
import type { Pen } from "./terminal.ts";

/** A change as one line, and one more for each attribute that an update changed. */
export function changeLines(change: Static<typeof ChangeSchema>, pen: Pen): readonly string[] {
  switch (change.kind) {
    case "add":
      return [pen.line(pen.paint("added", `+ ${fullNameOf(change.element)}`))];
    case "remove":
      return [pen.line(pen.paint("removed", `- ${fullNameOf(change.element)}`))];
    case "update": {
      const name = fullNameOf({ id: change.id, ...change.subject });
      return [pen.line(pen.paint("changed", `~ ${name}`)), ...attributeLines(change, pen)];
    }
  }
}
