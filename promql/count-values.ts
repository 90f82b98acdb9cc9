import { METRIC_NAME } from "../core/series.ts";
import type { Grouping } from "./ast.ts";
import type { Evaluation } from "./evaluation.ts";
import { formatDecimal } from "./format.ts";
import { failedQuery } from "./invalid-query.ts";
import { omitLabels, pickLabels, withLabel } from "./labels.ts";
import type { QueryMemory } from "./query-memory.ts";
import { nameAt, type Vector } from "./vector.ts";

/** How many series have each value, which becomes a label. Grouping is done with that label set: `without` may drop it again. */
export async function countValues(
  vector: Vector,
  { label, grouping }: { readonly label: string; readonly grouping: Grouping },
  { budget, table, memory }: Evaluation,
): Promise<Vector> {
  if (label === "") {
    throw failedQuery(`invalid label name ${JSON.stringify(label)} in count_values()`, "name a label such as value");
  }
  const { ids, names, count, values, present } = vector;
  const kept = [...grouping.labels, label];
  const counts = new Map<string, { readonly id: number; readonly name: string; readonly values: Float64Array }>();
  for (let row = 0; row < ids.length; row++) {
    const full = table.fullLabels(ids[row] ?? 0, nameAt(names, row));
    for (let step = 0; step < count; step++) {
      const at = row * count + step;
      if (present[at] === 0) continue;
      if (budget.work(STEPS_PER_VALUE)) await budget.breathe();
      const labels = withLabel(full, label, formatDecimal(values[at] ?? 0));
      const left = grouping.without ? omitLabels(labels, [...grouping.labels, METRIC_NAME]) : pickLabels(labels, kept);
      const id = table.intern(left);
      const name = left[METRIC_NAME] ?? "";
      const key = `${id} ${name}`;
      const group = counts.get(key) ?? { id, name, values: new Float64Array(count) };
      if (!counts.has(key)) budget.hold(count);
      counts.set(key, group);
      group.values[step] = (group.values[step] ?? 0) + 1;
    }
  }
  return vectorOf([...counts.values()], count, memory);
}

/** Beside looking labels up: a number is written, and objects are made. */
const STEPS_PER_VALUE = 150;

function vectorOf(
  groups: readonly { readonly id: number; readonly name: string; readonly values: Float64Array }[],
  count: number,
  memory: QueryMemory,
): Vector {
  const values = memory.floats(groups.length * count);
  groups.forEach((group, row) => values.set(group.values, row * count));
  const present = memory.flags(values.length);
  for (let i = 0; i < values.length; i++) present[i] = Number((values[i] ?? 0) > 0);
  const ids = Int32Array.from(groups, ({ id }) => id);
  return {
    ids,
    names: groups.map(({ name }) => name),
    count,
    values,
    present,
  };
}
