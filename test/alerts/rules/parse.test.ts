import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseRuleFile } from "../../../alerts/rules/parse.ts";
import { checkPromql } from "../../../alerts/rules/presence.ts";
import { type AlertRule, formatProblem, type RuleFile } from "../../../alerts/rules/rule.ts";
import { DEFAULT_RULES_PATH } from "../../../alerts/rules/rule-source.ts";
import { render } from "../../../alerts/template/render.ts";
import { KEPT_NAMES } from "../../../collector/pull/control-plane/kept-names.ts";
import { matchesGlob } from "../../../collector/pull/name-filter.ts";
import { METRIC_CATALOGUE } from "../../../core/metric-catalogue.ts";
import { promqlName } from "../../../core/series.ts";

function fileOf(text: string): RuleFile {
  const parsed = parseRuleFile(text, "rules.yaml", checkPromql);
  if (parsed.kind === "bad") throw new Error(parsed.problems.map(formatProblem).join("\n"));
  return parsed.file;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseRuleFile(text, "rules.yaml", checkPromql);
  return parsed.kind === "ok" ? [] : parsed.problems.map(formatProblem);
}

const rule = (body: string) => `groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up > 1\n${body}`;

test("a Prometheus rule file is read whole", () => {
  const file = fileOf(`
groups:
- name: one
  interval: 1m30s
  query_offset: 10s
  limit: 5
  labels: {team: net, tier: "1"}
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 10m
    labels: {severity: 1, tier: two}
    annotations:
      summary: "{{ $labels.instance }} down"
- name: two
  rules: []
`);
  expect(file.recordingRules).toEqual(["one: job:up:sum"]);
  const [one, two] = file.groups;
  expect(one).toMatchObject({ name: "one", intervalMs: 90_000, queryOffsetMs: 10_000, limit: 5 });
  expect(two).toMatchObject({ name: "two", intervalMs: undefined, queryOffsetMs: 0, limit: 0, rules: [] });
  const [down] = one?.rules ?? [];
  expect(down).toMatchObject({ group: "one", name: "Down", expr: "up == 0", forMs: 300_000, keepFiringForMs: 600_000 });
  expect(down?.absence).toEqual({ kind: "recovered" });
  const labels = Object.entries(down?.labels ?? {}).map(([name, { source }]) => [name, source]);
  expect(Object.fromEntries(labels)).toEqual({ team: "net", tier: "two", severity: "1" });
});

test.each(["", "groups:", "groups: []"])("a file without groups has no rules: %j", (text) => {
  expect(fileOf(text).groups).toEqual([]);
});

test("every problem is reported at once, each with its place", () => {
  const problems = problemsOf(`groups:
- name: g
  interval: never
  rules:
  - alert: A
    expr: up ==
    for: 1x
    lables: {}
    annotations:
      summary: "{{ $labels.x"
      bad-name: x
    nephoscope:
      no_data: maybe
      levels: 3
  - expr: up
  - alert: B
    record: b
    expr: up
  - alert: C
- name: g
  rules: 7
`);
  expect(problems).toEqual([
    expect.stringMatching(/^rules.yaml:3:13: "never" is not a duration/),
    expect.stringMatching(/^rules.yaml:6:11: in the expression: 1:6: /),
    expect.stringMatching(/^rules.yaml:7:10: "1x" is not a duration/),
    expect.stringMatching(/^rules.yaml:8:5: unknown key "lables" in a rule; there are alert, expr/),
    expect.stringMatching(/^rules.yaml:10:16: in the template of summary: \{\{ without/),
    expect.stringMatching(/^rules.yaml:11:7: "bad-name" cannot be the name of a label/),
    expect.stringMatching(/^rules.yaml:13:16: no_data is keep or resolve, not "maybe"/),
    expect.stringMatching(/^rules.yaml:14:7: unknown key "levels" in nephoscope/),
    expect.stringMatching(/^rules.yaml:15:5: a rule needs alert/),
    expect.stringMatching(/^rules.yaml:16:5: a rule has either alert or record/),
    expect.stringMatching(/^rules.yaml:19:5: a rule needs expr/),
    expect.stringMatching(/^rules.yaml:20:9: there are two groups called "g"/),
    expect.stringMatching(/^rules.yaml:21:10: rules must be a list/),
  ]);
});

test.each([
  ["groups: [", /^rules.yaml:\d+:\d+: /],
  ["groups: []\ngroups: []", /^rules.yaml:2:1: Map keys must be unique/],
  ["- a", /^rules.yaml:1:1: the file must be a mapping/],
  ["groups:\n- rules: []", /^rules.yaml:2:3: a group needs a name/],
  ["groups:\n- name: g\n  interval: 0s", /^rules.yaml:3:13: interval must be longer than 0/],
  ["groups:\n- name: g\n  limit: -1", /^rules.yaml:3:10: "-1" is not a whole number/],
  [rule("    labels: {__name__: x}"), /^rules.yaml:6:14: "__name__" cannot be/],
  [rule("    labels: [a]"), /^rules.yaml:6:13: labels or annotations must be a mapping/],
  [rule("    labels: {a: {b: c}}"), /^rules.yaml:6:17: a must be a text/],
  ["groups:\n- name: g\n  rules:\n  - alert: A\n    expr: up[5m]", /^rules.yaml:5:11: .*range vector/],
  ["groups:\n- name: g\n  rules:\n  - record: a-b\n    expr: up", /^rules.yaml:4:13: "a-b" is not a metric name/],
  ["x".repeat(5_000_000), /^rules.yaml:1:1: the file is larger/],
])("%j is refused with its place", (text, expected) => {
  expect(problemsOf(text)[0]).toMatch(expected);
});

describe("the block nephoscope", () => {
  const absenceOf = (body: string) => fileOf(rule(body)).groups[0]?.rules[0]?.absence;

  test("no_data says whether missing data is recovery", () => {
    expect(absenceOf("    nephoscope: {no_data: resolve}")).toEqual({ kind: "recovered" });
    expect(absenceOf("    nephoscope: {no_data: keep}")).toEqual({ kind: "recovered_if", expr: "(up)" });
  });

  test("clear_when says what recovery is, and is checked like the expression", () => {
    expect(absenceOf("    nephoscope: {clear_when: up == 0}")).toEqual({ kind: "recovered_if", expr: "up == 0" });
    expect(problemsOf(rule("    nephoscope: {clear_when: up ==}"))[0]).toMatch(/^rules.yaml:6:30: in the expression/);
    expect(problemsOf(rule("    nephoscope: {clear_when: up, no_data: keep}"))[0]).toMatch(/no_data says nothing/);
  });

  test("no_data: keep is refused where missing data and recovery look the same", () => {
    const text = rule("    nephoscope: {no_data: keep}").replace("up > 1", "absent(up)");
    expect(problemsOf(text)).toEqual([expect.stringContaining("say what recovery is with clear_when")]);
  });
});

test("a rule keeps its id when its expression changes, and equal rules have different ids", () => {
  const ids = (text: string) => fileOf(text).groups[0]?.rules.map(({ id }) => id) ?? [];
  expect(ids(rule(""))).toEqual(ids(rule("").replace("up > 1", "up > 2")));
  expect(ids(rule(""))).not.toEqual(ids(rule("    labels: {a: b}")));
  expect(new Set(ids(`${rule("")}  - alert: A\n    expr: up\n`)).size).toBe(2);
});

describe("the rules that come along", () => {
  const rules = fileOf(readFileSync(DEFAULT_RULES_PATH, "utf8")).groups.flatMap((group) => group.rules);
  const metrics: string[] = Object.entries(METRIC_CATALOGUE).flatMap(([name, { fields }]) =>
    Object.keys(fields).map((field) => promqlName(name, field)),
  );
  const severities = (wanted: AlertRule["name"]) =>
    rules.filter(({ name }) => name === wanted).map(({ labels }) => labels.severity?.source);

  test.each(["ConntrackTableFilling", "InterfaceDown", "MemoryRunningOut"])("%s warns and calls", (name) => {
    expect(severities(name).sort()).toEqual(["critical", "warning"]);
  });

  test("they ask for metrics that our agents write, or that are kept of exporters' pages", () => {
    const asked = rules.flatMap(({ expr }) => expr.match(/[a-z]+_[a-z_]+(?=[\s{[])/g) ?? []);
    const names = asked.filter((name) => !name.endsWith("_over_time"));
    expect(names.length).toBeGreaterThan(0);
    const patterns = Object.values(KEPT_NAMES).flat();
    const isKept = (name: string) => patterns.some((pattern) => matchesGlob(pattern, name));
    expect(names.filter((name) => !metrics.includes(name) && !isKept(name))).toEqual([]);
  });

  test("they speak both languages and say what to do", () => {
    for (const { annotations } of rules) {
      for (const name of ["summary", "summary_zh", "description", "description_zh"]) {
        const labels = { host: "c-1", interface: "eth0", kind: "nic", instance: "ctl-1:1", proxy: "nova_api" };
        const template = annotations[name];
        const text = template === undefined ? "" : render(template, { labels, value: 0.9, externalUrl: "" });
        // Chinese says the same in half as many characters.
        const longer = name === "description_zh" ? 40 : 80;
        expect(text.length).toBeGreaterThan(name.startsWith("summary") ? 8 : longer);
        expect(/\p{Script=Han}/u.test(text)).toBe(name.endsWith("_zh"));
      }
    }
  });
});
