import { expect, test } from "vitest";
import { parseMonitorLine } from "../../agent/topology/ip-monitor.ts";

/** Lines as `ip -o monitor` of iproute2 6.1 prints them. */
test.each([
  [
    "a link here",
    "[nsid current]5: q0@if2: <BROADCAST> mtu 1500 \\    link/ether 36:4e:c2:f6:7d:6e",
    [{ kind: "here" }],
  ],
  ["a link in a numbered namespace", "[nsid 3]2: q1@if5: <UP> mtu 1500", [{ kind: "there", nsid: 3 }]],
  ["a link that went", "[nsid current]Deleted 5: q9@NONE: <BROADCAST> mtu 1500", [{ kind: "here" }]],
  ["an address", "[nsid 0]2: q1    inet 10.9.9.1/24 scope global q1", [{ kind: "there", nsid: 0 }]],
  ["a namespace that got a number", "[nsid current]nsid 0 (iproute2 netns name: mm1)", [{ kind: "inventory" }]],
  ["a namespace that went", "[nsid current]Deleted nsid 0 ", [{ kind: "inventory" }]],
  [
    "a link that moved to another namespace",
    "[nsid current]Deleted 16: mvB@mvA: <BROADCAST> mtu 1500 new-netns rzvm1 new-ifindex 16 ",
    [{ kind: "here" }, { kind: "inventory" }],
  ],
  ["a line of a monitor without prefixes", "2: br7: <BROADCAST> mtu 1500", [{ kind: "here" }]],
  ["an empty line", "", []],
])("%s", (_, line, events) => {
  expect(parseMonitorLine(line)).toEqual(events);
});
