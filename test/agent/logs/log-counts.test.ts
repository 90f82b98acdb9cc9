import { expect, test } from "vitest";
import { createLogCounts } from "../../../agent/logs/log-counts.ts";
import { BUILT_IN_PATTERNS } from "../../../agent/logs/log-pattern.ts";
import { createMatchGuard } from "../../../agent/logs/match-guard.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { hostId } from "../../../core/element-id.ts";
import type { HostEvent } from "../../../core/host-event.ts";

const ovs = BUILT_IN_PATTERNS.ovs;
const at = (ms: number) => epochMsOf(ms);
const factsOf = () => ({ at: at(1), element: hostId("h"), attributes: { file: "/f" } });
const errors = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => `t|${from + n}|bridge|ERR|no ${from + n}\n`).join("");

function counting() {
  const events: HostEvent[] = [];
  const counts = createLogCounts(
    [],
    createMatchGuard(() => {}),
    (event) => events.push(event),
  );
  const linesOf = (now: number) =>
    Object.fromEntries(counts.points(at(now)).map(({ tags, fields }) => [tags.pattern, fields.lines]));
  return { events, counts, linesOf };
}

test("the counters of a source are there at 0 before anything is found in it", () => {
  const { counts, linesOf } = counting();
  expect([counts.expect("ovs-vswitchd", ovs), counts.expect("ovs-vswitchd", ovs)]).toEqual([true, false]);
  expect(linesOf(0)).toEqual({ error: { int: 0 }, emergency: { int: 0 }, blocked: { int: 0 } });
});

test("in a minute five lines of a pattern are told, and how many there were besides in what is told next", () => {
  const { events, counts, linesOf } = counting();
  counts.take("ovs-vswitchd", errors(1, 100), ovs, at(1_000), factsOf);
  counts.take("ovs-vswitchd", errors(101, 110), ovs, at(30_000), factsOf);
  expect(events.map(({ text }) => text.slice(-4))).toEqual(["no 1", "no 2", "no 3", "no 4", "no 5"]);
  expect(events[0]).toEqual({
    at: 1,
    kind: "log-match",
    element: "host/h",
    severity: "warning",
    text: "t|1|bridge|ERR|no 1",
    attributes: { file: "/f", pattern: "error", source: "ovs-vswitchd" },
  });
  expect(linesOf(59_000).error).toEqual({ int: 110 });
  expect(events).toHaveLength(5);
  linesOf(62_000);
  expect(events.slice(5).map(({ text, attributes }) => [text, attributes.more_lines])).toEqual([
    ["t|101|bridge|ERR|no 101", 104],
  ]);
  linesOf(130_000);
  expect(events).toHaveLength(6);
});

test("the line of an event is not longer than an event may be", () => {
  const { events, counts } = counting();
  counts.take("ovs-vswitchd", `t|1|x|ERR|${"磁".repeat(3_000)}\n`, ovs, at(0), factsOf);
  expect(events[0]?.text).toHaveLength(500);
});

test("a password is hidden before a line is cut, which could take away what it is known by", () => {
  const { events, counts } = counting();
  const line = `t|1|stream|ERR|${"x".repeat(460)} rabbit://nova:${"s3cr3t".repeat(9)}@10.0.0.1\n`;
  counts.take("ovs-vswitchd", line, ovs, at(1_000), factsOf);
  expect(events[0]?.text).not.toContain("s3cr3t");
});

test("whoever writes under a thousand names makes no thousand series", () => {
  const { counts } = counting();
  for (let n = 0; n < 1_000; n++) counts.take(`nova-${n}`, errors(1, 1), ovs, at(1_000), factsOf);
  const told = counts.points(at(2_000)).map(({ tags, fields }) => [tags.source, fields.lines]);
  expect(told).toHaveLength(257);
  expect(told.at(-1)).toEqual(["other", { int: 744 }]);
});
