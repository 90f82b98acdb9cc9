import { expect, test } from "vitest";
import { FUNCTION_SIGNATURES } from "../../promql/function-signatures.ts";
import { ask, closeTo, given } from "./ask.ts";

/*
 * What each function is documented to do (https://prometheus.io/docs/prometheus/latest/querying/functions/), with values worked
 * out by hand. Samples are a minute apart from 0; the queries are asked at 240 s, when `g` is 2 and `h` is −0.5.
 */
const SOURCE = given(`
  g 9 1 3 2 2
  h{x="a"} 0.5 0.25 0 -0.25 -0.5
  c 0 10 20 5 15
  n 4 NaN 1 3 2
  gone 1 stale
  late _ _ _ 7 8
  d_bucket{le="1"} 2x4
  d_bucket{le="2"} 6x4
  d_bucket{le="4"} 8x4
  d_bucket{le="+Inf"} 10x4
  below_bucket{le="-2"} 2x4
  below_bucket{le="0"} 4x4
  below_bucket{le="+Inf"} 4x4
  {"disk.wear", "dev.kind"="nvme"} 0x3 7
  r{host="c-10"} 1x4
  r{host="c-9"} 2x4
  r{host="c-9", nic="b"} 3x4
`);
const { E, PI, LN2, LN10, SQRT2 } = Math;
const INF = Number.POSITIVE_INFINITY;
const plain = (value: number) => ({ "{}": value });

const TABLE: readonly (readonly [query: string, expected: Readonly<Record<string, number>>])[] = [
  ["abs(h)", { '{x="a"}': 0.5 }],
  ["absent(gone)", plain(1)],
  ['absent(gone{x="1", y=~"2"})', { '{x="1"}': 1 }],
  ["absent(g)", {}],
  ["absent(absent(gone))", {}],
  ["absent_over_time(gone[3m])", plain(1)],
  ["absent_over_time(gone[5m])", {}],
  ["absent_over_time((gone > 5)[5m:1m])", plain(1)],
  ["acos(h)", { '{x="a"}': (2 * PI) / 3 }],
  ["acos(g)", plain(Number.NaN)],
  ["acosh(vector(1.25))", plain(LN2)],
  ["asin(h)", { '{x="a"}': -PI / 6 }],
  ["asinh(vector(0.75))", plain(LN2)],
  ["atan(vector(1))", plain(PI / 4)],
  ["atanh(vector(0.6))", plain(LN2)],
  ["avg_over_time(g[4m1s])", plain(17 / 5)],
  ["avg_over_time((vector(1) / (time() > bool 100))[4m:1m])", plain(INF)],
  ["ceil(h)", { '{x="a"}': -0 }],
  ["changes(g[5m])", plain(3)],
  ["changes(n[5m])", plain(4)],
  ["clamp(g, 0, 1.5)", plain(1.5)],
  ["clamp(g, 3, 1)", {}],
  ["clamp(g, NaN, 1)", plain(Number.NaN)],
  ["clamp_max(g, 1)", plain(1)],
  ["clamp_min(g, 3)", plain(3)],
  ["cos(vector(pi()))", plain(-1)],
  ["cosh(vector(ln(2)))".replace("ln(2)", String(LN2)), plain(1.25)],
  ["count_over_time(g[2m])", plain(2)],
  ["count_over_time(late[10m])", plain(2)],
  ["day_of_month(vector(1709251199))", plain(29)],
  ["day_of_week(vector(1709251199))", plain(4)],
  ["day_of_week()", plain(4)],
  ["day_of_year(vector(1735689599))", plain(366)],
  ["days_in_month(vector(1677628800))", plain(31)],
  ["deg(vector(pi() / 2))", plain(90)],
  // (0, 240] holds 1 3 2 2: 1 in all over 180 s, a minute more at the left and nothing at the right.
  ["delta(g[4m])", plain(1 * (240 / 180))],
  ["deriv(h[5m])", { '{x="a"}': -0.25 / 60 }],
  // Smoothed: 9; then 0.5·1 + 0.5·(9 − 8) = 1; trend 0.5·(1 − 9) + 0.5·(−8) = −8, 0.5·3 + 0.5·(1 − 8) = −2.
  ["double_exponential_smoothing(g[5m] offset 2m, 0.5, 0.5)", plain(-2)],
  ["holt_winters(g[5m] offset 2m, 0.5, 0.5)", plain(-2)],
  ["exp(vector(1))", plain(E)],
  ["first_over_time(g[2m])", { g: 2 }],
  ["first_over_time(g[4m])", { g: 1 }],
  ["floor(h)", { '{x="a"}': -1 }],
  ["histogram_avg(g)", {}],
  ["histogram_count(g)", {}],
  ["histogram_stddev(g)", {}],
  ["histogram_stdvar(g)", {}],
  ["histogram_sum(g)", {}],
  // Half of the first bucket, half of the second: 1 + 2 of 10.
  ["histogram_fraction(0.5, 1.5, d_bucket)", plain(0.3)],
  ["histogram_fraction(-1, 2, d_bucket)", plain(0.6)],
  // What lies above the last bound lies nowhere in particular, short of infinity.
  ["histogram_fraction(2, 100, d_bucket)", plain(0.2)],
  ["histogram_fraction(2, +Inf, d_bucket)", plain(0.4)],
  ["histogram_fraction(-Inf, +Inf, d_bucket)", plain(1)],
  ["histogram_fraction(2, 2, d_bucket)", plain(0)],
  ["histogram_fraction(NaN, 2, d_bucket)", plain(Number.NaN)],
  ["histogram_fraction(-1, 0, below_bucket)", plain(0.25)],
  ["histogram_fraction(-Inf, -3, below_bucket)", plain(0.5)],
  ['histogram_fraction(0, 1, d_bucket{le!="+Inf"})', plain(Number.NaN)],
  ["histogram_quantile(0.4, d_bucket)", plain(1.5)],
  ["histogram_quantile(0.95, d_bucket)", plain(4)],
  ["histogram_quantile(0.1, below_bucket)", plain(-2)],
  ["hour(vector(86399))", plain(23)],
  ["idelta(c[5m])", plain(10)],
  // Rises of 10, 10, 5 after the reset and 10.
  ["increase(c[4m1s])", plain(35 * ((240 + 0.75 * 0) / 240))],
  ["irate(c[5m] offset 1m)", plain(5 / 60)],
  ['label_join(h, "y", "-", "x", "x")', { 'h{x="a", y="a-a"}': -0.5 }],
  ['label_join(h, "x", "-")', { h: -0.5 }],
  ['label_replace(h, "y", "$1$1", "x", "(.*)")', { 'h{x="a", y="aa"}': -0.5 }],
  ['label_replace(h, "disk.kind", "${first}", "x", "(?P<first>.)")', { 'h{disk.kind="a", x="a"}': -0.5 }],
  ["last_over_time(n[5m])", { n: 2 }],
  ["last_over_time(gone[5m])", { gone: 1 }],
  ["ln(vector(10))", plain(LN10)],
  ["log10(vector(0.01))", plain(-2)],
  ["log2(g)", plain(1)],
  // 1 2 2 3 9: median 2; distances 0 0 1 1 7.
  ["mad_over_time(g[5m])", plain(1)],
  ["max_over_time(n[5m])", plain(4)],
  ["min_over_time(n[5m])", plain(1)],
  ["minute(vector(3599))", plain(59)],
  ["minute(vector(-0.5))", plain(0)],
  ["month(vector(1709251200))", plain(3)],
  ["vector(pi())", plain(PI)],
  ["predict_linear(h[5m], 60)", { '{x="a"}': -0.75 }],
  ["present_over_time(gone[5m])", plain(1)],
  ["present_over_time(gone[3m])", {}],
  ["quantile_over_time(0.75, g[5m])", plain(3)],
  ["quantile_over_time(0, n[5m])", plain(Number.NaN)],
  ["quantile_over_time(NaN, g[5m])", plain(Number.NaN)],
  ["rad(vector(180))", plain(PI)],
  ["rate(c[4m1s])", plain(35 / 241)],
  ["resets(c[5m])", plain(1)],
  ["resets(c[1m])", plain(0)],
  ["round(vector(2.5))", plain(3)],
  ["round(vector(-2.5))", plain(-2)],
  ["round(vector(7), 5)", plain(5)],
  ["vector(scalar(g))", plain(2)],
  ["vector(scalar(r))", plain(Number.NaN)],
  ["sgn(h)", { '{x="a"}': -1 }],
  ["sin(vector(pi() / 2))", plain(1)],
  ["sinh(vector(0)) + 0.75", plain(0.75)],
  ["sort(r)", { 'r{host="c-10"}': 1, 'r{host="c-9"}': 2, 'r{host="c-9", nic="b"}': 3 }],
  ["sort_desc(r)", { 'r{host="c-9", nic="b"}': 3, 'r{host="c-9"}': 2, 'r{host="c-10"}': 1 }],
  ['sort_by_label(r, "host")', { 'r{host="c-9"}': 2, 'r{host="c-9", nic="b"}': 3, 'r{host="c-10"}': 1 }],
  ['sort_by_label_desc(r, "nic", "host")', { 'r{host="c-9", nic="b"}': 3, 'r{host="c-10"}': 1, 'r{host="c-9"}': 2 }],
  ["sqrt(g)", plain(SQRT2)],
  // 1 3 2 2 around 2.
  ["stddev_over_time(g[4m])", plain(Math.sqrt(0.5))],
  ["stdvar_over_time(g[4m])", plain(0.5)],
  ["stdvar_over_time(n[5m])", plain(Number.NaN)],
  ["sum_over_time(g[4m])", plain(8)],
  ["sum_over_time(late[1m])", plain(8)],
  ["tan(vector(pi() / 4))", plain(1)],
  ["tanh(vector(0))", plain(0)],
  ["vector(time())", plain(240)],
  ["timestamp(late offset 30s)", plain(180)],
  ["ts_of_first_over_time(g[3m])", plain(120)],
  ["ts_of_last_over_time(late[5m] offset 1m)", plain(180)],
  ["ts_of_max_over_time(n[5m])", plain(0)],
  ["ts_of_min_over_time(g[2m])", plain(240)],
  ["vector(7)", plain(7)],
  ["year(vector(1709251199))", plain(2024)],
  // Names of Prometheus 3.
  ['{"disk.wear"}', { 'disk.wear{dev.kind="nvme"}': 7 }],
  ['sum by ("dev.kind") ({"disk.wear"})', { '{dev.kind="nvme"}': 7 }],
  ['count_values without ("dev.kind") ("how much", {"disk.wear"})', { '{how much="7"}': 1 }],
  ['count_values without (x) ("x", h)', plain(1)],
];

test.each(TABLE)("%s", async (query, expected) => {
  const answer = await ask(SOURCE, query, 240);
  expect(closeTo(answer)).toEqual(closeTo(expected));
  // Of sorted ones, the order counts.
  if (query.startsWith("sort")) expect(Object.keys(answer)).toEqual(Object.keys(expected));
});

test("every function is in the table", () => {
  const missing = [...FUNCTION_SIGNATURES.keys()].filter(
    (name) => !TABLE.some(([query]) => query.includes(`${name}(`)),
  );
  expect(missing).toEqual([]);
});

test.each([
  ["double_exponential_smoothing(g[5m], 0, 0.5)", /invalid smoothing factor/],
  ["double_exponential_smoothing(g[5m], 0.5, 1)", /invalid trend factor/],
  ['count_values("", g)', /invalid label name/],
  ['sum by ("") (g)', /invalid label name/],
])("%s is refused", async (query, message) => {
  await expect(ask(SOURCE, query, 240)).rejects.toMatchObject({ message: expect.stringMatching(message) });
});
