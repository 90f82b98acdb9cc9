import { rmSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPromqlEngine } from "../../alerts/promql-engine.ts";
import type { QueryEngine } from "../../alerts/query-engine.ts";
import { INTERVAL_MS, memoryReceiver, Workshop } from "./harness.ts";
import { advanceUntil, settle } from "./simulated-time.ts";

const rules = (body: string) => `groups:\n- name: g\n  rules:\n${body}`;
const A = "  - {alert: A, expr: metric > 10}\n";
const B = "  - {alert: B, expr: metric > 10, labels: {severity: info}}\n";

let workshop: Workshop;
beforeEach(() => {
  workshop = new Workshop(rules(A + B));
});
afterEach(() => workshop.end());

async function round(value: number, host = "c-1"): Promise<void> {
  await workshop.feed("metric", { host }, value);
  await workshop.time.advance(INTERVAL_MS);
}

describe("a changed rule file", () => {
  test("is noticed by itself; alerts of a rule that is gone resolve, others go on untouched", async () => {
    const receiver = memoryReceiver();
    const { alerts } = await workshop.start({ receivers: [receiver] });
    await round(15);
    const before = alerts.incidents().find(({ rule }) => rule === "B");
    workshop.writeRules(rules(B));
    await advanceUntil(workshop.time, () => alerts.rulesJson()[0]?.rules.length === 1, "the new rules are in force");
    await settle();
    expect(alerts.incidents().find(({ rule }) => rule === "A")).toMatchObject({
      state: "resolved",
      resolved_because: "rule_removed",
    });
    expect(alerts.incidents().find(({ rule }) => rule === "B")).toMatchObject({ id: before?.id, state: "firing" });
    expect(receiver.told.toSorted()).toEqual(["fired c-1", "fired c-1", "resolved c-1"]);
  });

  test("with other labels resolves the old alert because the rule changed", async () => {
    const { alerts } = await workshop.start();
    await round(15);
    workshop.writeRules(rules(B.replace("info", "critical")));
    await alerts.reload();
    const ofB = () => alerts.incidents().filter(({ rule }) => rule === "B");
    expect(ofB()).toMatchObject([{ state: "resolved", resolved_because: "rule_changed", severity: "info" }]);
    await round(15);
    expect(ofB()).toMatchObject([{ state: "firing", severity: "critical" }, { state: "resolved" }]);
  });

  test("with another threshold clears because the rule changed, not because it recovered", async () => {
    const { alerts } = await workshop.start();
    await round(15);
    workshop.writeRules(rules(A.replace("10", "20") + B));
    await alerts.reload();
    expect(alerts.incidents().every(({ state }) => state === "firing")).toBe(true);
    await round(15);
    expect(alerts.incidents({ state: "resolved" })).toMatchObject([{ rule: "A", resolved_because: "rule_changed" }]);
  });

  test("that is bad changes nothing but the status, until it is repaired", async () => {
    const { alerts } = await workshop.start();
    await round(15);
    workshop.writeRules(rules("  - {alert: A, expr: metric >}\n  - {alert: C}\n"));
    const { rules: status } = await alerts.reload();
    expect(status.problems).toEqual([
      expect.stringMatching(/rules.yaml:4:22: in the expression/),
      expect.stringMatching(/rules.yaml:5:5: a rule needs expr/),
    ]);
    await round(5);
    expect(alerts.incidents().map(({ state }) => state)).toEqual(["resolved", "resolved"]);
    rmSync(workshop.rulesPath);
    expect((await alerts.reload()).rules.problems).toEqual([expect.stringContaining("cannot be read (ENOENT)")]);
    workshop.writeRules(rules(A));
    expect((await alerts.reload()).rules.problems).toEqual([]);
  });

  test("that is bad at the start is an error with every problem", async () => {
    workshop.writeRules(rules("  - {alert: A, expr: metric >}\n  - {alert: C}\n"));
    await expect(workshop.start()).rejects.toMatchObject({
      code: "rules.invalid",
      message: expect.stringMatching(/rules.yaml:4:22: [\s\S]*rules.yaml:5:5: /),
    });
  });

  test("drops the evaluation that was under way", async () => {
    const queryEngine: QueryEngine = {
      instant: (expr) => (expr.includes("> 10") ? Promise.resolve([{ labels: {}, value: 15 }]) : new Promise(() => {})),
    };
    workshop.writeRules(rules(`${A}  - {alert: C, expr: metric < 3}\n`));
    const { alerts } = await workshop.start({ queryEngine });
    await workshop.time.advance(INTERVAL_MS);
    await alerts.reload();
    expect(alerts.incidents()).toEqual([]);
  });

  test("changed while nothing ran resolves what it no longer has", async () => {
    const first = await workshop.start();
    await round(15);
    await first.stop();
    workshop.writeRules(rules(B));
    const { alerts } = await workshop.start();
    expect(alerts.incidents({ state: "resolved" })).toMatchObject([{ rule: "A", resolved_because: "rule_removed" }]);
  });
});

describe("a rule that fails", () => {
  test("keeps its alerts, shows its error, and does not stop the others", async () => {
    let isFailing = false;
    const real = createPromqlEngine(workshop.samples);
    const queryEngine: QueryEngine = {
      instant: async (expr, at, signal) => {
        if (isFailing && expr.includes("> 10")) throw new Error("the store is away");
        return real.instant(expr, at, signal);
      },
    };
    workshop.writeRules(rules(`${A}  - {alert: C, expr: metric < 3}\n`));
    const { alerts } = await workshop.start({ queryEngine });
    await round(15);
    isFailing = true;
    await round(1);
    expect(
      alerts
        .incidents({ state: "firing" })
        .map(({ rule }) => rule)
        .sort(),
    ).toEqual(["A", "C"]);
    expect(alerts.status().groups[0]?.failingRules).toEqual([{ rule: "A", error: "the store is away" }]);
    expect(alerts.rulesJson()[0]?.rules.map(({ health, lastError }) => [health, lastError])).toEqual([
      ["err", "the store is away"],
      ["ok", undefined],
    ]);
    isFailing = false;
    await round(1);
    expect(alerts.incidents({ state: "firing" }).map(({ rule }) => rule)).toEqual(["C"]);
    expect(alerts.status().groups[0]?.failingRules).toEqual([]);
  });

  test("by never answering is bounded in time, and slots that pass meanwhile are counted", async () => {
    const queryEngine: QueryEngine = { instant: () => new Promise(() => {}) };
    const { alerts } = await workshop.start({ queryEngine });
    await workshop.time.advance(2 * INTERVAL_MS);
    expect(alerts.status().groups[0]?.failingRules).toEqual([
      { rule: "A", error: "the evaluation of the group ran out of time" },
      { rule: "B", error: "the evaluation of the group ran out of time" },
    ]);
    await workshop.time.advance(4 * INTERVAL_MS);
    expect(alerts.status().groups[0]?.missedSlots).toBeGreaterThan(0);
  });

  test.each([
    ["two series with the same labels", "  - {alert: A, expr: metric > 10, labels: {host: same}}\n", "the same labels"],
    [
      "more alerts than the limit of its group",
      "  - {alert: A, expr: metric > 10}\n  limit: 1\n",
      "more than the limit of 1",
    ],
  ])("%s: nothing is sent", async (_name, body, problem) => {
    workshop.writeRules(rules(body));
    const receiver = memoryReceiver();
    const { alerts } = await workshop.start({ receivers: [receiver] });
    await workshop.feed("metric", { host: "c-2" }, 15);
    await round(15);
    expect(alerts.status().groups[0]?.failingRules).toMatchObject([
      { rule: "A", error: expect.stringContaining(problem) },
    ]);
    expect([alerts.incidents(), receiver.told]).toEqual([[], []]);
  });
});

const by = (who: string) => ({ who, traceId: `trace of ${who}` });

describe("acknowledging", () => {
  test("is kept with who and when; the first stays; a restart does not forget it", async () => {
    const first = await workshop.start();
    await round(15);
    const id = first.alerts.incidents()[0]?.id ?? "";
    const at = workshop.time.now();
    expect(first.alerts.acknowledge(id, by("otto"))).toMatchObject({ acknowledged_by: "otto", acknowledged_at: at });
    await round(15);
    expect(first.alerts.acknowledge(id, by("ada"))).toMatchObject({ acknowledged_by: "otto", acknowledged_at: at });
    await first.stop();
    const { alerts } = await workshop.start();
    expect(alerts.incidents().find((incident) => incident.id === id)).toMatchObject({
      acknowledged_by: "otto",
      acknowledged_trace_id: "trace of otto",
    });
  });

  test("of what is not there or over is refused", async () => {
    const { alerts } = await workshop.start();
    await round(15);
    const id = alerts.incidents()[0]?.id ?? "";
    await round(5);
    const codeOf = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return (error as { code?: string }).code;
      }
      return undefined;
    };
    expect(codeOf(() => alerts.acknowledge("nope", by("otto")))).toBe("incident.unknown");
    expect(codeOf(() => alerts.acknowledge(id, by("otto")))).toBe("incident.resolved");
  });
});

test("incidents are listed firing first, then the newest, and can be narrowed", async () => {
  const { alerts } = await workshop.start();
  await round(15, "c-1");
  const between = workshop.time.now();
  await workshop.feed("metric", { host: "c-1" }, 5);
  await round(15, "c-2");
  const list = (filter?: Parameters<typeof alerts.incidents>[0]) =>
    alerts.incidents(filter).map(({ labels, state }) => `${labels.host} ${state}`);
  expect(list()).toEqual(["c-2 firing", "c-2 firing", "c-1 resolved", "c-1 resolved"]);
  expect(list({ state: "resolved" })).toEqual(["c-1 resolved", "c-1 resolved"]);
  expect(list({ to: between })).toEqual(["c-1 resolved", "c-1 resolved"]);
  await workshop.time.advance(1);
  expect(list({ from: workshop.time.now() })).toEqual(["c-2 firing", "c-2 firing"]);
});

test("resolved incidents are removed after 90 days, firing ones never", async () => {
  workshop.writeRules(rules(`${A}  - {alert: K, expr: metric > 10, nephoscope: {clear_when: metric < 0}}\n`));
  const { alerts, stop } = await workshop.start({ receivers: [memoryReceiver()] });
  await round(15);
  await round(5);
  expect(alerts.incidents().map(({ rule, state }) => [rule, state])).toEqual([
    ["K", "firing"],
    ["A", "resolved"],
  ]);
  await stop();
  await workshop.time.advance(91 * 24 * 3_600_000);
  const later = await workshop.start();
  await workshop.time.advance(3_600_000);
  expect(later.alerts.incidents().map(({ rule }) => rule)).toEqual(["K"]);
});
