import fc from "fast-check";

/** Queries that between them use every part of the language. */
export const LAW_QUERIES = [
  "m",
  "m offset 90s",
  "m @ 300",
  "rate(m[3m])",
  "increase(m[200s] offset -1m)",
  "deriv(m[4m])",
  "predict_linear(m[4m], 60)",
  "quantile_over_time(0.3, m[5m])",
  "max_over_time(rate(m[2m])[5m:37s])",
  "sum by (a) (m)",
  "avg(m)",
  "stddev without (b) (m)",
  "topk(2, m)",
  'count_values("v", sgn(m - 20))',
  "m > 10",
  "m > bool on(a, b) m offset 1m",
  'm{a="x"} / ignoring(a) group_left m{a="y"}',
  'm{a="x"} or on(b) m{a="y"}',
  "m unless m offset 2m",
  "absent(m)",
  "timestamp(m)",
  'label_replace(m, "c", "$1", "a", "(.)")',
  "scalar(sum(m)) + time()",
  "hour(m * 3600)",
];

const value = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 50 }).map(String) },
  { weight: 2, arbitrary: fc.constant("_") },
  { weight: 1, arbitrary: fc.constant("stale") },
);
const series = fc.array(value, { minLength: 1, maxLength: 20 }).map((values) => values.join(" "));
/** Four series of a metric `m` by the labels `a` and `b`, as text. */
export const notation = fc
  .tuple(series, series, series, series)
  .map(([a, b, c, d]) =>
    [`m{a="x",b="1"} ${a}`, `m{a="x",b="2"} ${b}`, `m{a="y",b="1"} ${c}`, `m{a="y",b="2"} ${d}`].join("\n"),
  );
