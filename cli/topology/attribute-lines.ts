import { sameValue } from "../../topology/model/change.ts";
import { valueText, type WireAttributes } from "./names.ts";
import type { Pen } from "./terminal.ts";

interface Sides {
  readonly before: WireAttributes;
  readonly after: WireAttributes;
}

/** One line an attribute: `    mtu: 1500 -> 9000`. */
export function attributeLines({ before, after }: Sides, pen: Pen): readonly string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    .filter((name) => !sameValue(before[name], after[name]))
    .map((name) => pen.line(`    ${name}: ${valueText(before[name])} -> ${valueText(after[name])}`));
}
