import { expect, test } from "vitest";
import { parseMonitorLine } from "../../agent/topology/ip-monitor.ts";

/** Lines as `ip -o monitor` of iproute2 6.1 prints them. */
test.each([
  [
    "a link here",
    "[nsid current]5: q0@if2: <BROADCAST> mtu 1500 \\    link/ether 36:4e:c2:f6:7d:6e",
    [{ kind: "here", of: "link" }],
  ],
  ["a link in a numbered namespace", "[nsid 3]2: q1@if5: <UP> mtu 1500", [{ kind: "there", nsid: 3, of: "link" }]],
  ["a link that went", "[nsid current]Deleted 5: q9@NONE: <BROADCAST> mtu 1500", [{ kind: "here", of: "link" }]],
  ["an address", "[nsid 0]2: q1    inet 10.9.9.1/24 scope global q1", [{ kind: "there", nsid: 0, of: "address" }]],
  ["an address that went", "Deleted 3: v0    inet6 fe80::1/64 scope link ", [{ kind: "here", of: "address" }]],
  ["a route", "[nsid 0]1.2.3.0/24 dev lo scope link ", [{ kind: "there", nsid: 0, of: "route" }]],
  ["a default route", "default via 10.9.0.2 dev v0 metric 30 ", [{ kind: "here", of: "route" }]],
  ["a route that went", "Deleted 124.65.92.0/24 via 10.9.0.2 dev v0 table 2 ", [{ kind: "here", of: "route" }]],
  [
    "a route that leads nowhere",
    "unreachable fd01::/64 dev lo metric 1024 pref medium",
    [{ kind: "here", of: "route" }],
  ],
  ["several next hops", "10.77.0.0/16 \\\tnexthop via 10.9.0.3 dev v0 weight 1 ", [{ kind: "here", of: "route" }]],
  [
    "what the kernel makes of an address",
    "local 10.9.0.1 dev v0 table local proto kernel scope host src 10.9.0.1 ",
    [],
  ],
  ["its link-local route", "[nsid 0]Deleted fe80::/64 dev v1 proto kernel metric 256 pref medium", []],
  ["a namespace that got a number", "[nsid current]nsid 0 (iproute2 netns name: mm1)", [{ kind: "inventory" }]],
  ["a namespace that went", "[nsid current]Deleted nsid 0 ", [{ kind: "inventory" }]],
  [
    "a link that moved to another namespace",
    "[nsid current]Deleted 16: mvB@mvA: <BROADCAST> mtu 1500 new-netns rzvm1 new-ifindex 16 ",
    [{ kind: "here", of: "link" }, { kind: "inventory" }],
  ],
  ["a line of a monitor without prefixes", "2: br7: <BROADCAST> mtu 1500", [{ kind: "here", of: "link" }]],
  ["an empty line", "", []],
])("%s", (_, line, events) => {
  expect(parseMonitorLine(line)).toEqual(events);
});
