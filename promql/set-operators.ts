import type { SetOp, VectorMatching } from "./ast.ts";
import { type Column, mapColumn, mergeColumns } from "./column.ts";
import type { Evaluation } from "./evaluation.ts";
import { bySignature, signature } from "./vector-matching.ts";

/** `and`: left where right is; `unless`: left where right is not; `or`: left, and right where left is not. */
export function combineSets(
  op: SetOp,
  left: readonly Column[],
  right: readonly Column[],
  { matching, evaluation }: { readonly matching: VectorMatching; readonly evaluation: Evaluation },
): readonly Column[] {
  const { budget } = evaluation;
  switch (op) {
    case "and":
      return mergeColumns(keepWhere(left, presence(right, matching), matching, 1), budget);
    case "unless":
      return mergeColumns(keepWhere(left, presence(right, matching), matching, 0), budget);
    case "or":
      return mergeColumns([...left, ...keepWhere(right, presence(left, matching), matching, 0)], budget);
  }
}

/** For each signature, 1 at the instants where some series has it. */
function presence(columns: readonly Column[], matching: VectorMatching): ReadonlyMap<string, Uint8Array> {
  const present = new Map<string, Uint8Array>();
  for (const [key, group] of bySignature(columns, matching)) {
    const flags = new Uint8Array(group[0]?.present.length ?? 0);
    for (const column of group) column.present.forEach((flag, step) => (flags[step] = (flags[step] ?? 0) | flag));
    present.set(key, flags);
  }
  return present;
}

function keepWhere(
  columns: readonly Column[],
  others: ReadonlyMap<string, Uint8Array>,
  matching: VectorMatching,
  wanted: 0 | 1,
): readonly Column[] {
  return columns.map((column) => {
    const flags = others.get(signature(column.labels, matching));
    return mapColumn(column, column.labels, (value, step) => ((flags?.[step] ?? 0) === wanted ? value : undefined));
  });
}
