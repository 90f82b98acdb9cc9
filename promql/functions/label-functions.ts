import { type Labels, METRIC_NAME } from "../../core/series.ts";
import type { Expr } from "../ast.ts";
import type { Evaluation } from "../evaluation.ts";
import { failedQuery } from "../invalid-query.ts";
import { withLabel } from "../labels.ts";
import { anchoredPattern } from "../matcher.ts";
import { mergeRows } from "../merge-rows.ts";
import { nameAt, type Vector } from "../vector.ts";

/** `label_replace(v, destination, replacement, source, regex)`; a value the regex does not match stays as it is. */
export async function labelReplace(args: readonly Expr[], evaluation: Evaluation): Promise<Vector> {
  const [vector, ...texts] = args;
  const [destination = "", replacement = "", source = "", regex = ""] = texts.map((text) => evaluation.string(text));
  checkLabelName("label_replace", destination);
  const pattern = patternOf(regex);
  return relabel(await vectorOf(vector, evaluation), evaluation, (labels) => {
    const match = pattern.exec(labels[source] ?? "");
    return match === null ? labels : withLabel(labels, destination, expand(replacement, match));
  });
}

/** `label_join(v, destination, separator, source…)`. */
export async function labelJoin(args: readonly Expr[], evaluation: Evaluation): Promise<Vector> {
  const [vector, ...texts] = args;
  const [destination = "", separator = "", ...sources] = texts.map((text) => evaluation.string(text));
  checkLabelName("label_join", destination);
  return relabel(await vectorOf(vector, evaluation), evaluation, (labels) =>
    withLabel(labels, destination, sources.map((name) => labels[name] ?? "").join(separator)),
  );
}

async function relabel(vector: Vector, evaluation: Evaluation, change: (labels: Labels) => Labels): Promise<Vector> {
  const { table, budget, memory } = evaluation;
  const ids = memory.ints(vector.ids.length);
  const names: string[] = [];
  for (let row = 0; row < ids.length; row++) {
    const labels = change(table.fullLabels(vector.ids[row] ?? 0, nameAt(vector.names, row)));
    ids[row] = table.intern(labels);
    names.push(labels[METRIC_NAME] ?? "");
    if (budget.work(STEPS_PER_CHANGE)) await budget.breathe();
  }
  return mergeRows({ ...vector, ids, names: haveOneName(names) ? (names[0] ?? "") : names }, evaluation);
}

/** Beside looking the labels up: a pattern is applied, and objects are made. */
const STEPS_PER_CHANGE = 150;

const haveOneName = (names: readonly string[]): boolean => names.every((name) => name === names[0]);

async function vectorOf(vector: Expr | undefined, evaluation: Evaluation): Promise<Vector> {
  if (vector === undefined) throw new Error("a label function lost its vector");
  return evaluation.vector(vector);
}

function patternOf(regex: string): RegExp {
  try {
    return anchoredPattern(regex);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw failedQuery(
      `invalid regular expression in label_replace(): ${regex}: ${cause.message}`,
      "patterns are RE2's",
    );
  }
}

function checkLabelName(caller: string, name: string): void {
  if (name !== "") return;
  throw failedQuery(`invalid destination label name in ${caller}(): ""`, "name the label that shall be written");
}

/** Go's templates: `$1`, `${1}`, `$name`, `${name}`, `$$`; the longest name counts, an unknown one is empty. */
function expand(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (whole, bare?: string, braced?: string) => {
    const name = bare ?? braced;
    if (name === undefined) return whole === "$$" ? "$" : whole;
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? "";
  });
}
