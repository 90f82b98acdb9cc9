import type { Labels } from "../core/series.ts";
import { METRIC_NAME } from "../core/series.ts";
import type { Aggregation, Grouping } from "./ast.ts";
import { type Column, emptyColumn, setAt } from "./column.ts";
import type { Evaluation } from "./evaluation.ts";
import { formatDecimal } from "./format.ts";
import { failedQuery } from "./invalid-query.ts";
import { labelsKey, omitLabels, pickLabels, withLabel } from "./labels.ts";
import { rankedColumns } from "./ranked.ts";
import { avg, count, max, min, quantile, type Statistic, stddev, stdvar, sum } from "./statistics.ts";

/** Series that are aggregated into one. */
export interface Group {
  readonly labels: Labels;
  readonly members: readonly Column[];
}

export async function aggregate(expr: Aggregation, evaluation: Evaluation): Promise<readonly Column[]> {
  const groups = groupColumns(await evaluation.vector(expr.expr), expr.grouping);
  const { parameter } = expr;
  switch (expr.op) {
    case "count_values":
      return parameter === undefined ? [] : countValues(groups, evaluation.string(parameter), evaluation);
    case "topk":
    case "bottomk": {
      const counts = parameter === undefined ? new Float64Array(0) : await evaluation.scalar(parameter);
      return rankedColumns(groups, counts, expr.op, evaluation);
    }
    case "quantile": {
      const phis = parameter === undefined ? new Float64Array(0) : await evaluation.scalar(parameter);
      const statistic =
        (step: number): Statistic =>
        (values, from, to) =>
          quantile(phis[step] ?? 0, values, from, to);
      return reduceGroups(groups, statistic, evaluation);
    }
    default: {
      const statistic = STATISTICS[expr.op];
      return reduceGroups(groups, () => statistic, evaluation);
    }
  }
}

const STATISTICS: Readonly<
  Record<Exclude<Aggregation["op"], "topk" | "bottomk" | "quantile" | "count_values">, Statistic>
> = { sum, avg, min, max, count, stddev, stdvar, group: () => 1 };

export function groupLabels(labels: Labels, { without, labels: names }: Grouping): Labels {
  return without ? omitLabels(labels, [...names, METRIC_NAME]) : pickLabels(labels, names);
}

function groupColumns(columns: readonly Column[], grouping: Grouping): readonly Group[] {
  const groups = new Map<string, { labels: Labels; members: Column[] }>();
  for (const column of columns) {
    const labels = groupLabels(column.labels, grouping);
    const key = labelsKey(labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels, members: [column] });
    else group.members.push(column);
  }
  return [...groups.values()];
}

async function reduceGroups(
  groups: readonly Group[],
  statisticAt: (step: number) => Statistic,
  { grid, budget }: Evaluation,
): Promise<readonly Column[]> {
  const results: Column[] = [];
  for (const { labels, members } of groups) {
    const result = emptyColumn(labels, grid.count);
    budget.hold(grid.count);
    const scratch = new Float64Array(members.length);
    for (let step = 0; step < grid.count; step++) {
      const n = gather(members, step, scratch);
      if (n > 0) setAt(result, step, statisticAt(step)(scratch, 0, n));
      if (budget.work(members.length)) await budget.breathe();
    }
    results.push(result);
  }
  return results;
}

/** Copies the values present at a step to the front of `scratch`; answers how many. */
function gather(members: readonly Column[], step: number, scratch: Float64Array): number {
  let n = 0;
  for (const { values, present } of members) {
    if (present[step] === 1) scratch[n++] = values[step] ?? 0;
  }
  return n;
}

async function countValues(groups: readonly Group[], label: string, { grid, budget }: Evaluation) {
  if (!/^[A-Za-z_]\w*$/.test(label)) {
    throw failedQuery(
      `invalid label name ${JSON.stringify(label)} in count_values()`,
      "label names are [A-Za-z_][A-Za-z0-9_]*",
    );
  }
  const results = new Map<string, Column>();
  for (const group of groups) {
    for (let step = 0; step < grid.count; step++) {
      if (budget.work(group.members.length)) await budget.breathe();
      for (const { values, present } of group.members) {
        if (present[step] === 0) continue;
        const labels = withLabel(group.labels, label, formatDecimal(values[step] ?? 0));
        const key = labelsKey(labels);
        const result = results.get(key) ?? emptyColumn(labels, grid.count);
        if (!results.has(key)) budget.hold(grid.count);
        results.set(key, result);
        setAt(result, step, (result.values[step] ?? 0) + 1);
      }
    }
  }
  return [...results.values()];
}
