import { expect, test } from "vitest";
import { lldpAttributes, lldpEvents, lldpPoints } from "../../agent/fabric/lldp/lldp-attributes.ts";
import { parseLldpNeighbours } from "../../agent/fabric/lldp/lldp-neighbours.ts";
import { nextReadAfterMs } from "../../agent/fabric/lldp/lldp-probe.ts";
import { ofEarlierRun, stepNeighbours } from "../../agent/fabric/lldp/neighbour-table.ts";
import { epochMsOf } from "../../core/clock.ts";

interface Heard {
  readonly on?: string;
  readonly name?: string;
  readonly portType?: string;
  readonly port?: string;
  readonly description?: string;
  readonly isSwitch?: boolean;
}

/** One interface of `lldpcli -f json0 show neighbors details`, as lldpd 1.0.16 prints it. */
function heard({ on = "eth0", name, portType = "ifname", port = "Ethernet1", description, isSwitch = true }: Heard) {
  const value = (text: string) => [{ value: text }];
  return {
    name: on,
    via: "LLDP",
    rid: "1",
    age: "1 day, 02:03:04",
    chassis: [
      {
        id: [{ type: "mac", value: "22:76:5a:b7:9b:b2" }],
        ...(name === undefined ? {} : { name: value(name) }),
        descr: value("SONiC"),
        "mgmt-ip": [{ value: "fe80::1" }, { value: "10.0.0.1" }],
        capability: [{ type: "Bridge", enabled: isSwitch }],
      },
    ],
    port: [
      {
        id: [{ type: portType, value: port }],
        ...(description === undefined ? {} : { descr: value(description) }),
        ttl: value("120"),
      },
    ],
  };
}

const parsed = (...items: readonly object[]) =>
  parseLldpNeighbours(JSON.stringify({ lldp: [{ interface: items }] })) ?? [];
const tableOf = (...items: readonly object[]) => stepNeighbours(new Map(), parsed(...items), 0);

test.each([
  [
    "the interface that is its id, whatever people wrote about it",
    heard({ name: "leaf", description: "to host 1" }),
    "leaf/Ethernet1",
  ],
  [
    "its description, where its id is a number or a MAC",
    heard({ name: "leaf", portType: "local", port: "512", description: "xe-0/0/0" }),
    "leaf/xe-0/0/0",
  ],
  [
    "its id, where it has nothing else",
    heard({ name: "leaf", portType: "mac", port: "22:00:00:00:00:01" }),
    "leaf/22:00:00:00:00:01",
  ],
  ["the chassis, where the system has no name", heard({}), "22:76:5a:b7:9b:b2/Ethernet1"],
])("a port is called by %s", (_, item, expected) => {
  expect(lldpAttributes(parsed(item)).lldp_neighbour).toBe(expected);
});

test("what is told of a neighbour", () => {
  expect(lldpAttributes(parsed(heard({ name: "leaf" })))).toEqual({
    lldp_neighbour: "leaf/Ethernet1",
    lldp_neighbour_id: "22:76:5a:b7:9b:b2/Ethernet1",
    lldp_neighbour_addresses: ["10.0.0.1", "fe80::1"],
    lldp_neighbour_description: "SONiC",
  });
  const points = lldpPoints(tableOf(heard({ name: "leaf" })), 5_000, epochMsOf(1));
  expect(points).toMatchObject([{ tags: { interface: "eth0" }, fields: { neighbours: { int: 1 }, age_s: 93_789 } }]);
});

test("of several neighbours the switch comes first, and all are told", () => {
  const table = tableOf(heard({ name: "aaa", isSwitch: false }), heard({ name: "leaf" }));
  expect(lldpAttributes(table.get("eth0")?.neighbours ?? [])).toMatchObject({
    lldp_neighbour: "leaf/Ethernet1",
    lldp_neighbours: ["aaa/Ethernet1", "leaf/Ethernet1"],
  });
});

test("what lldpd does not tell any more is gone at once, and its interface hears nobody", () => {
  const before = tableOf(heard({ name: "leaf" }));
  const after = stepNeighbours(before, [], 1_000);
  expect(after.get("eth0")?.neighbours).toEqual([]);
  expect(lldpEvents("h", before, after, epochMsOf(1)).map(({ text }) => text)).toEqual([
    "eth0: leaf/Ethernet1 → nobody",
  ]);
  const back = stepNeighbours(after, parsed(heard({ name: "leaf" })), 2_000);
  expect(lldpEvents("h", after, back, epochMsOf(1)).map(({ text }) => text)).toEqual(["eth0: nobody → leaf/Ethernet1"]);
});

test("what was known before a restart of lldpd stands until its TTL is over, without an event", () => {
  const before = ofEarlierRun(tableOf(heard({ name: "leaf" })));
  const meanwhile = stepNeighbours(before, [], 119_000);
  expect(meanwhile.get("eth0")?.neighbours).toHaveLength(1);
  expect(lldpEvents("h", before, meanwhile, epochMsOf(1))).toEqual([]);
  const again = stepNeighbours(meanwhile, parsed(heard({ name: "leaf" })), 119_500);
  expect(lldpEvents("h", before, again, epochMsOf(1))).toEqual([]);
  expect(stepNeighbours(meanwhile, [], 121_000).get("eth0")?.neighbours).toEqual([]);
});

test("interfaces that were never heard on tell no event when they are", () => {
  expect(lldpEvents("h", new Map(), tableOf(heard({ name: "leaf" })), epochMsOf(1))).toEqual([]);
});

test.each([
  ["nobody", '{"lldp":[{}]}', []],
  ["an interface without a chassis", '{"lldp":[{"interface":[{"name":"eth0"}]}]}', []],
  ["no JSON", "unable to connect", undefined],
  ["another shape of JSON", '{"lldp":{"interface":{}}}', undefined],
])("%s breaks nothing", (_, text, expected) => {
  expect(parseLldpNeighbours(text)).toEqual(expected);
});

test("interfaces of machines that come and go are not remembered without end", () => {
  let table: ReturnType<typeof tableOf> = new Map();
  for (let n = 0; n < 1_000; n++) table = stepNeighbours(table, parsed(heard({ on: `tap${n}`, name: "guest" })), n);
  expect(table.size).toBe(256);
  expect(table.get("tap999")?.neighbours).toHaveLength(1);
});

test("a neighbour that calls itself otherwise all the time has lldpd asked seldom, and one that changes at once", () => {
  let [afterMs, spentMs, readings] = [250, 0, 0];
  for (; spentMs < 600_000; readings++) {
    afterMs = nextReadAfterMs(afterMs, 100);
    spentMs += afterMs + 100;
  }
  expect(readings).toBeLessThan(40);
  expect(nextReadAfterMs(afterMs, 60_000)).toBe(250);
});
