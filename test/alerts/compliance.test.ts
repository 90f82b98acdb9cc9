import { afterEach, expect, test } from "vitest";
import { Workshop } from "./harness.ts";

// Cases 1 to 3 of prometheus/compliance, alert_generator: samples each 15 s, evaluations each 30 s, on simulated time.

let workshop: Workshop;
afterEach(() => workshop.end());

/** Plays `[seconds, value]` steps; a value holds until the next one, undefined means no samples. */
async function play(
  rules: string,
  course: readonly (readonly [atSeconds: number, value: number | undefined])[],
  probes: readonly number[],
) {
  workshop = new Workshop(rules);
  const startMs = workshop.time.now();
  const seen: Record<number, string> = {};
  const { alerts } = await workshop.start();
  const last = probes.at(-1) ?? 0;
  for (let seconds = 0; seconds <= last; seconds += 15) {
    const value = course.findLast(([from]) => from <= seconds)?.[1];
    if (value !== undefined) await workshop.feed("metric", { variant: "one" }, value);
    await workshop.time.advance(startMs + seconds * 1_000 - workshop.time.now());
    if (probes.includes(seconds)) {
      seen[seconds] = alerts
        .alertsJson()
        .map(({ labels, state, value: v }) => `${labels.alertname} ${state} ${v}`)
        .join(", ");
    }
  }
  const at = (ms: number | undefined) => (ms === undefined ? undefined : (ms - startMs) / 1_000);
  const incidents = alerts
    .incidents()
    .map(({ rule, started_at, resolved_at }) => [rule, at(started_at), at(resolved_at)])
    .sort((a, b) => Number(a[1]) - Number(b[1]));
  return { seen, incidents, alerts };
}

test("1: pending, firing, resolved, pending again, firing again with a new start", async () => {
  const rules = `
groups:
- name: g
  rules:
  - alert: A
    expr: metric > 10
    for: 6m
    annotations: {description: "The value is {{ $value }} {{ .Value }}"}
`;
  const course = [
    [0, 8],
    [120, 11],
    [315, 15],
    [795, 19],
    [1035, 9],
    [1335, 15],
    [2010, 8],
  ] as const;
  const probes = [90, 120, 300, 330, 450, 480, 780, 810, 1020, 1050, 1320, 1350, 1680, 1710, 1980, 2010, 2100];
  const { seen, incidents } = await play(rules, course, probes);
  expect(seen).toEqual({
    90: "",
    120: "A pending 1.1e+01",
    300: "A pending 1.1e+01",
    330: "A pending 1.5e+01",
    450: "A pending 1.5e+01",
    480: "A firing 1.5e+01",
    780: "A firing 1.5e+01",
    810: "A firing 1.9e+01",
    1020: "A firing 1.9e+01",
    1050: "",
    1320: "",
    1350: "A pending 1.5e+01",
    1680: "A pending 1.5e+01",
    1710: "A firing 1.5e+01",
    1980: "A firing 1.5e+01",
    2010: "",
    2100: "",
  });
  expect(incidents).toEqual([
    ["A", 480, 1050],
    ["A", 1710, 2010],
  ]);
});

test("1: annotations follow the value while it fires", async () => {
  const rules = `
groups:
- name: g
  rules:
  - alert: A
    expr: metric > 10
    annotations: {description: "The value is {{ $value }} {{ .Value }}"}
`;
  const { alerts } = await play(
    rules,
    [
      [0, 15],
      [60, 19],
    ],
    [90],
  );
  expect(alerts.alertsJson()[0]?.annotations.description).toBe("The value is 19 19");
  expect(alerts.incidents()[0]).toMatchObject({ description: "The value is 19 19", value: 19 });
});

test("2: what recovers while it is pending never becomes an incident", async () => {
  const rules = `
groups:
- name: g
  rules:
  - {alert: A, expr: metric > 10, for: 3m}
  - {alert: B, expr: metric > 99, for: 3m}
`;
  const course = [
    [0, 8],
    [120, 11],
    [285, 9],
    [600, undefined],
  ] as const;
  const { seen, incidents, alerts } = await play(rules, course, [90, 120, 270, 300, 1200]);
  expect(seen).toEqual({ 90: "", 120: "A pending 1.1e+01", 270: "A pending 1.1e+01", 300: "", 1200: "" });
  expect(incidents).toEqual([]);
  expect(alerts.rulesJson()[0]?.rules.map(({ state, health }) => [state, health])).toEqual([
    ["inactive", "ok"],
    ["inactive", "ok"],
  ]);
});

test("3: without `for` it fires at once; a `for` below the interval fires at the next evaluation", async () => {
  const rules = `
groups:
- name: g
  rules:
  - {alert: A, expr: metric > 10}
  - {alert: B, expr: metric > 13, for: 15s}
`;
  const course = [
    [0, 9],
    [120, 15],
    [315, 9],
    [1395, 11],
    [1590, 9],
  ] as const;
  const { seen, incidents } = await play(rules, course, [90, 120, 135, 150, 300, 330, 1410, 1590]);
  expect(seen).toEqual({
    90: "",
    120: "A firing 1.5e+01, B pending 1.5e+01",
    135: "A firing 1.5e+01, B pending 1.5e+01",
    150: "A firing 1.5e+01, B firing 1.5e+01",
    300: "A firing 1.5e+01, B firing 1.5e+01",
    330: "",
    1410: "A firing 1.1e+01",
    1590: "",
  });
  expect(incidents).toEqual([
    ["A", 120, 330],
    ["B", 150, 330],
    ["A", 1410, 1590],
  ]);
});
