import { type Labels, METRIC_NAME } from "../../core/series.ts";
import type { Expr } from "../ast.ts";
import type { Evaluation } from "../evaluation.ts";
import { dropEmptyRows, rowOf, type Vector } from "../vector.ts";
import { WindowCursor } from "./window.ts";

/** 1 where the vector is empty. */
export async function absent(arg: Expr, evaluation: Evaluation): Promise<Vector> {
  const { present, count, ids } = await evaluation.vector(arg);
  const missing = new Uint8Array(count).fill(1);
  for (let row = 0; row < ids.length; row++) {
    for (let step = 0, i = row * count; step < count; step++, i++) if (present[i] === 1) missing[step] = 0;
    if (evaluation.budget.work(count)) await evaluation.budget.breathe();
  }
  return onesWhere(missing, absentLabels(arg), evaluation);
}

/** 1 at every instant where no series has a sample in its range. */
export async function absentOverTime(arg: Expr, evaluation: Evaluation): Promise<Vector> {
  const missing = new Uint8Array(evaluation.grid.count).fill(1);
  await evaluation.withRanges(arg, async (ranges) => {
    for (const runs of ranges.runs) {
      const cursor = new WindowCursor(runs, ranges);
      for (let row = 0; row < runs.ids.length; row++) {
        cursor.begin(row);
        for (let step = cursor.next(); step !== undefined; step = cursor.next()) missing[step] = 0;
        if (evaluation.budget.work(missing.length)) await evaluation.budget.breathe();
      }
    }
  });
  return onesWhere(missing, absentLabels(arg), evaluation);
}

function onesWhere(present: Uint8Array, labels: Labels, evaluation: Evaluation): Promise<Vector> {
  const ones = new Float64Array(present.length).fill(1);
  return dropEmptyRows({ ...rowOf(evaluation.table.intern(labels), ones), present }, evaluation);
}

/** What is known of a series that is not there: the labels its selector asks to be equal to one value. */
function absentLabels(expr: Expr): Labels {
  const selector = expr.kind === "range" ? expr.selector : expr;
  if (selector.kind !== "selector") return {};
  const labels: Record<string, string> = {};
  for (const matcher of selector.matchers) {
    const twice = selector.matchers.filter(({ name }) => name === matcher.name).length > 1;
    if (matcher.kind !== "=" || matcher.name === METRIC_NAME || twice || matcher.value === "") continue;
    labels[matcher.name] = matcher.value;
  }
  return labels;
}
