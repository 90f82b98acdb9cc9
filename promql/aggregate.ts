import { METRIC_NAME } from "../core/series.ts";
import type { Aggregation, Grouping } from "./ast.ts";
import { countValues } from "./count-values.ts";
import type { Computing, Evaluation } from "./evaluation.ts";
import type { QueryMemory } from "./query-memory.ts";
import { rankedRows } from "./ranked.ts";
import { avg, count, max, min, quantile, type Statistic, stddev, stdvar, sum } from "./statistics.ts";
import { emptyVector, type Names, nameAt, type Vector } from "./vector.ts";
import { signaturesOf } from "./vector-matching.ts";

/** Rows that are aggregated into one: those of group g are `rows` from `begins[g]` to `begins[g + 1]`. */
export interface Groups {
  readonly ids: Int32Array;
  readonly names: Names;
  readonly begins: Int32Array;
  readonly rows: Int32Array;
}

export async function aggregate(expr: Aggregation, evaluation: Evaluation): Promise<Vector> {
  const vector = await evaluation.vector(expr.expr);
  const { parameter } = expr;
  if (expr.op === "count_values") {
    const label = parameter === undefined ? "" : evaluation.string(parameter);
    return countValues(vector, { label, grouping: expr.grouping }, evaluation);
  }
  const groups = await groupsOf(vector, expr.grouping, evaluation);
  switch (expr.op) {
    case "topk":
    case "bottomk": {
      const counts = parameter === undefined ? new Float64Array(0) : await evaluation.scalar(parameter);
      return rankedRows(vector, groups, { counts, op: expr.op }, evaluation);
    }
    case "quantile": {
      const phis = parameter === undefined ? new Float64Array(0) : await evaluation.scalar(parameter);
      const statistic =
        (step: number): Statistic =>
        (values, from, to) =>
          quantile(phis[step] ?? 0, values, from, to);
      return reduceGroups(vector, groups, statistic, evaluation);
    }
    default: {
      const statistic = STATISTICS[expr.op];
      return reduceGroups(vector, groups, () => statistic, evaluation);
    }
  }
}

const STATISTICS: Readonly<
  Record<Exclude<Aggregation["op"], "topk" | "bottomk" | "quantile" | "count_values">, Statistic>
> = { sum, avg, min, max, count, stddev, stdvar, group: () => 1 };

/** Groups in the order of their first rows. */
async function groupsOf(vector: Vector, { without, labels }: Grouping, computing: Computing): Promise<Groups> {
  const { table, budget, memory } = computing;
  const signatures = await signaturesOf(
    vector,
    { on: !without, labels, group: undefined, explicit: true, include: [] },
    computing,
  );
  const groupOf = memory.ints(signatures.length);
  const firsts: number[] = [];
  const sizes: number[] = [];
  table.withPlaces(signatures, (places) => {
    for (let row = 0; row < signatures.length; row++) {
      const signature = signatures[row] ?? 0;
      if (places[signature] === 0) {
        places[signature] = firsts.push(row);
        sizes.push(0);
      }
      const group = (places[signature] ?? 0) - 1;
      groupOf[row] = group;
      sizes[group] = (sizes[group] ?? 0) + 1;
    }
  });
  if (budget.work(2 * signatures.length)) await budget.breathe();
  const firstIds = memory.ints(firsts.length);
  for (const [group, row] of firsts.entries()) firstIds[group] = vector.ids[row] ?? 0;
  const keepsName = !without && labels.includes(METRIC_NAME);
  return {
    ids: await table.projection(!without, labels).all(firstIds, computing),
    names: keepsName ? firsts.map((row) => nameAt(vector.names, row)) : "",
    ...membersOf(groupOf, sizes, memory),
  };
}

function membersOf(
  groupOf: Int32Array,
  sizes: readonly number[],
  memory: QueryMemory,
): Pick<Groups, "begins" | "rows"> {
  const begins = memory.ints(sizes.length + 1);
  for (const [group, size] of sizes.entries()) begins[group + 1] = (begins[group] ?? 0) + size;
  const next = memory.ints(begins.length);
  next.set(begins);
  const rows = memory.ints(groupOf.length);
  for (let row = 0; row < groupOf.length; row++) {
    const group = groupOf[row] ?? 0;
    const place = next[group] ?? 0;
    rows[place] = row;
    next[group] = place + 1;
  }
  return { begins, rows };
}

async function reduceGroups(
  vector: Vector,
  groups: Groups,
  statisticAt: (step: number) => Statistic,
  { budget, memory }: Computing,
): Promise<Vector> {
  const { count: steps } = vector;
  const result = emptyVector(groups, steps, { budget, memory });
  const scratch = memory.floats(vector.ids.length);
  for (let group = 0; group < groups.ids.length; group++) {
    const members = groups.rows.subarray(groups.begins[group], groups.begins[group + 1]);
    for (let step = 0; step < steps; step++) {
      const n = gather(vector, members, step, scratch);
      if (n > 0) {
        result.values[group * steps + step] = statisticAt(step)(scratch, 0, n);
        result.present[group * steps + step] = 1;
      }
      if (budget.work(members.length)) await budget.breathe();
    }
  }
  return result;
}

/** Copies the values present at a step to the front of `scratch`; answers how many. */
function gather({ values, present, count: steps }: Vector, members: Int32Array, step: number, scratch: Float64Array) {
  let n = 0;
  for (let i = 0; i < members.length; i++) {
    const at = (members[i] ?? 0) * steps + step;
    if (present[at] === 1) scratch[n++] = values[at] ?? 0;
  }
  return n;
}
