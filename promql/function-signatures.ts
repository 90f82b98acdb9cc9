import type { ValueType } from "./ast.ts";

export interface FunctionSignature {
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out. */
  readonly optional: number;
  /** Whether the last argument may be repeated. */
  readonly repeats: boolean;
  readonly returns: "scalar" | "vector";
}

const fn = (args: readonly ValueType[], more: Partial<FunctionSignature> = {}): FunctionSignature => ({
  args,
  optional: 0,
  repeats: false,
  returns: "vector",
  ...more,
});

const OF_VECTOR =
  "abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor histogram_avg histogram_count histogram_stddev histogram_stdvar histogram_sum ln log10 log2 rad sgn sin sinh sort sort_desc sqrt tan tanh timestamp";
const OF_RANGE =
  "absent_over_time avg_over_time changes count_over_time delta deriv first_over_time idelta increase irate last_over_time mad_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time stdvar_over_time sum_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time ts_of_min_over_time";
const OF_DATE = "day_of_month day_of_week day_of_year days_in_month hour minute month year";

/** Every function that can be called. Source: Prometheus, promql/parser/functions.go. */
export const FUNCTION_SIGNATURES: ReadonlyMap<string, FunctionSignature> = new Map([
  ...OF_VECTOR.split(" ").map((name) => [name, fn(["vector"])] as const),
  ...OF_RANGE.split(" ").map((name) => [name, fn(["matrix"])] as const),
  ...OF_DATE.split(" ").map((name) => [name, fn(["vector"], { optional: 1 })] as const),
  ["clamp", fn(["vector", "scalar", "scalar"])],
  ["clamp_max", fn(["vector", "scalar"])],
  ["clamp_min", fn(["vector", "scalar"])],
  ["double_exponential_smoothing", fn(["matrix", "scalar", "scalar"])],
  ["histogram_fraction", fn(["scalar", "scalar", "vector"])],
  ["histogram_quantile", fn(["scalar", "vector"])],
  ["label_join", fn(["vector", "string", "string", "string"], { optional: 1, repeats: true })],
  ["label_replace", fn(["vector", "string", "string", "string", "string"])],
  ["pi", fn([], { returns: "scalar" })],
  ["predict_linear", fn(["matrix", "scalar"])],
  ["quantile_over_time", fn(["scalar", "matrix"])],
  ["round", fn(["vector", "scalar"], { optional: 1 })],
  ["scalar", fn(["vector"], { returns: "scalar" })],
  ["sort_by_label", fn(["vector", "string"], { optional: 1, repeats: true })],
  ["sort_by_label_desc", fn(["vector", "string"], { optional: 1, repeats: true })],
  ["time", fn([], { returns: "scalar" })],
  ["vector", fn(["scalar"])],
]);
