import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type AlertState, INACTIVE, type Observation, step, withdraw } from "../../../alerts/lifecycle/step.ts";
import { parseAlertRecord, toStored } from "../../../alerts/stored.ts";
import { epochMsOf } from "../../../core/clock.ts";

const hold = fc.record({ forMs: fc.nat(100), keepFiringForMs: fc.nat(100) });
const observation = fc.constantFrom<Observation>("breaches", "clear", "no_data");
/** Observations at rising moments; equal ones happen. */
const course = fc.array(fc.record({ seen: observation, afterMs: fc.nat(40) }), { maxLength: 60 });

function run(times: { forMs: number; keepFiringForMs: number }, events: { seen: Observation; afterMs: number }[]) {
  let state: AlertState = INACTIVE;
  let now = 1_000_000;
  return events.map(({ seen, afterMs }) => {
    now += afterMs;
    const before = state;
    const [after, event] = step(times, state, seen, epochMsOf(now));
    state = after;
    return { now, seen, before, after, event };
  });
}

describe("laws of the alert state machine", () => {
  test("fired and resolved strictly alternate, beginning with fired", () => {
    fc.assert(
      fc.property(hold, course, (times, events) => {
        const kinds = run(times, events).flatMap(({ event }) => (event === undefined ? [] : [event.kind]));
        expect(kinds).toEqual(kinds.map((_kind, i) => (i % 2 === 0 ? "fired" : "resolved")));
      }),
    );
  });

  test("nothing fires before it breached for `for`, without a clear in between", () => {
    fc.assert(
      fc.property(hold, course, (times, events) => {
        const steps = run(times, events);
        for (const [i, { event, now }] of steps.entries()) {
          if (event?.kind !== "fired") continue;
          const sinceClear = steps
            .slice(0, i + 1)
            .findLastIndex(({ seen, before, after }) =>
              before.kind === "firing" && after.kind === "inactive"
                ? true
                : before.kind !== "firing" && seen === "clear",
            );
          const first = steps.slice(sinceClear + 1, i + 1).find(({ seen }) => seen === "breaches");
          expect(now - (first?.now ?? now)).toBeGreaterThanOrEqual(times.forMs);
        }
      }),
    );
  });

  test("it fires at the first breach at which `for` is over", () => {
    fc.assert(
      fc.property(hold, course, (times, events) => {
        for (const { before, after, seen, now } of run(times, events)) {
          const isDue = before.kind === "pending" && now - before.since >= times.forMs;
          if (seen === "breaches" && isDue) expect(after.kind).toBe("firing");
        }
      }),
    );
  });

  test("no data changes nothing, whatever the time", () => {
    fc.assert(
      fc.property(hold, course, (times, events) => {
        for (const { before, after, seen, event } of run(times, events)) {
          if (seen === "no_data") expect([after, event]).toEqual([before, undefined]);
        }
      }),
    );
  });

  test("what fires resolves at the first clear when nothing is kept", () => {
    fc.assert(
      fc.property(course, (events) => {
        for (const { before, seen, event } of run({ forMs: 10, keepFiringForMs: 0 }, events)) {
          if (before.kind === "firing" && seen === "clear") expect(event?.kind).toBe("resolved");
        }
      }),
    );
  });

  test("a restart at any step changes nothing: a stored state goes on as if it had stayed", () => {
    fc.assert(
      fc.property(hold, course, (times, events) => {
        for (const { before, seen, now } of run(times, events)) {
          const at = epochMsOf(now);
          expect(step(times, stored(before), seen, at)).toEqual(step(times, before, seen, at));
        }
      }),
    );
  });

  test("a clock that is set back stretches no wait and puts nothing before its beginning", () => {
    fc.assert(
      fc.property(hold, fc.array(fc.nat(10_000), { minLength: 1 }), (times, moments) => {
        let state: AlertState = INACTIVE;
        for (const moment of moments) [state] = step(times, state, "breaches", epochMsOf(moment));
        const at = epochMsOf((moments.at(-1) ?? 0) + times.forMs);
        expect(step(times, state, "breaches", at)[0].kind).toBe("firing");
        const [, resolved] = step({ ...times, keepFiringForMs: 0 }, firingSince(5_000), "clear", epochMsOf(10));
        expect(resolved?.at).toBe(5_000);
      }),
    );
  });
});

function stored(state: AlertState): AlertState {
  if (state.kind === "inactive") return state;
  const texts = { id: "i", ruleId: "r", group: "g", rule: "n", expr: "e" };
  const none = { trace: undefined, incidentId: undefined };
  const record = { ...texts, labels: {}, sourceLabels: {}, annotations: {}, value: 1, state, ...none };
  return parseAlertRecord(JSON.parse(JSON.stringify(toStored(record)))).state;
}

const firingSince = (ms: number): AlertState => ({
  kind: "firing",
  since: epochMsOf(ms),
  firedAt: epochMsOf(ms),
  clearSince: undefined,
});

test.each([
  // Prometheus rules/alerting_test.go, TestAlertingRuleEvalWithKeepFiringFor: for 1m, keep 1m, evaluated each minute.
  ["keep_firing_for", ["breaches", "breaches", "breaches", "clear", "clear"], "pending firing firing firing inactive"],
  ["keeping applies only after firing", ["breaches", "clear"], "pending inactive"],
  [
    "a breach while kept begins anew",
    ["breaches", "breaches", "clear", "breaches", "clear", "clear"],
    "pending firing firing firing firing inactive",
  ],
] as const)("%s", (_name, course, expected) => {
  const steps = run(
    { forMs: 60_000, keepFiringForMs: 60_000 },
    course.map((seen) => ({ seen, afterMs: 60_000 })),
  );
  expect(steps.map(({ after }) => after.kind).join(" ")).toBe(expected);
});

test("without `for` an alert fires at once and is never pending", () => {
  const [state, event] = step({ forMs: 0, keepFiringForMs: 0 }, INACTIVE, "breaches", epochMsOf(5));
  expect(state).toEqual(firingSince(5));
  expect(event).toEqual({ kind: "fired", at: 5 });
});

test("withdrawing resolves what fires and forgets what only waits", () => {
  expect(withdraw(firingSince(5), epochMsOf(9))).toEqual([INACTIVE, { kind: "resolved", at: 9 }]);
  expect(withdraw({ kind: "pending", since: epochMsOf(5) }, epochMsOf(9))).toEqual([INACTIVE]);
});
