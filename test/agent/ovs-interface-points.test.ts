import { describe, expect, test } from "vitest";
import { interfaceLines } from "../../agent/ovs/interface-lines.ts";
import { createInterfaceStatistics } from "../../agent/ovs/interface-statistics.ts";
import { createInterfaceTeller } from "../../agent/ovs/interface-teller.ts";
import { parseDatabase } from "../../agent/ovs/ovs-rows.ts";
import type { Row } from "../../agent/ovs/ovsdb-value.ts";
import { vswitchdPoints } from "../../agent/ovs/vswitchd-points.ts";
import { epochMsOf } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { OVS_METRICS } from "../../core/metrics/ovs-metrics.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";

const table = (rows: { readonly [uuid: string]: Row }) => new Map(Object.entries(rows));
const owner = { "iface-id": "port-1", "vm-uuid": "vm-1" };
const DATABASE = parseDatabase({
  Bridge: table({ b: { name: "br", ports: ["p1", "p2", "p3", "p4", "p5"] } }),
  Port: table({
    p1: { name: "tap1", interfaces: "tap" },
    p2: { name: "eth0", interfaces: "nic" },
    p3: { name: "patch", interfaces: "patch" },
    p4: { name: "vx", interfaces: "vx" },
    p5: { name: "vhu", interfaces: "vhu" },
  }),
  Interface: table({
    tap: { name: "tap1", link_state: "up", admin_state: "up", external_ids: owner },
    nic: { name: "eth0", link_state: "up", admin_state: "up" },
    patch: { name: "patch", type: "patch", options: { peer: "other" } },
    vx: { name: "vx", type: "vxlan", options: { remote_ip: "10.0.0.2" }, link_state: "up", admin_state: "up" },
    vhu: { name: "vhu", type: "dpdkvhostuserclient", link_state: "down", external_ids: owner },
  }),
});
const COUNTERS = new Map([
  ["rx_bytes", 10],
  ["tx_bytes", 0],
  ["link_resets", 2],
]);

const linesOf = (countersOf: (uuid: string) => ReadonlyMap<string, number> | undefined = () => COUNTERS) =>
  interfaceLines({ database: DATABASE, countersOf, counted: new Set(["tap", "nic"]) });

describe("what is worth a line of an interface", () => {
  const lines = linesOf();
  const fieldsOf = (name: string) => lines.find((line) => line.name === name)?.fields;

  test("the counters of one that only the switch has", () => {
    expect(fieldsOf("vx")).toEqual({
      link_up: { int: 1 },
      admin_up: { int: 1 },
      link_resets: { int: 2 },
      rx_bytes: { int: 10 },
      tx_bytes: { int: 0 },
    });
    expect(fieldsOf("vhu")).toMatchObject({ link_up: { int: 0 }, admin_up: undefined, rx_bytes: { int: 10 } });
  });

  test("the owner and the state of one whose device is counted as net_if", () => {
    const tap = lines.find(({ name }) => name === "tap1");
    expect(tap?.tags).toMatchObject({ bridge: "br", interface: "tap1", port_id: "port-1", vm_id: "vm-1" });
    expect(tap?.fields).toEqual({ link_up: { int: 1 }, admin_up: { int: 1 }, link_resets: { int: 2 } });
  });

  test("nothing of a patch cord, or of a device that is counted and has no owner", () => {
    expect(lines.map(({ name }) => name)).toEqual(["tap1", "vx", "vhu"]);
  });
});

describe("an interface's line is written when it changed, and else in turns", () => {
  const T = 1_700_000_000_000;
  const line = (bytes: number) => linesOf(() => new Map([["rx_bytes", bytes]])).filter(({ name }) => name === "vx");
  /** Seconds and bytes of what is written, given the bytes at each sample, ten seconds apart. */
  function written(samples: readonly number[]) {
    const tell = createInterfaceTeller();
    const points: Point[] = [];
    samples.forEach((bytes, i) => tell(line(bytes), epochMsOf(T + i * 10_000), (point) => points.push(point)));
    return points.map(({ at, fields }) => [(at - T) / 1_000, fields.rx_bytes]);
  }

  test("each change at once", () => {
    expect(written([1, 2, 3])).toEqual([
      [0, { int: 1 }],
      [10, { int: 2 }],
      [20, { int: 3 }],
    ]);
  });

  test("once a minute while it rests", () => {
    const times = written(Array.from({ length: 30 }, () => 5)).map(([at]) => Number(at));
    expect(times.length).toBeGreaterThanOrEqual(5);
    expect([...new Set(times.slice(2).map((at, i) => at - (times[i + 1] ?? 0)))]).toEqual([60]);
  });

  test("before a change after a pause comes the last sample of the pause, so that no rate is spread over it", () => {
    expect(written([5, 5, 5, 9]).slice(-2)).toEqual([
      [20, { int: 5 }],
      [30, { int: 9 }],
    ]);
  });
});

describe("a counter that is zero is not written until it rises", () => {
  const T = 1_700_000_000_000;
  /** What is written of received errors, in seconds and packets, given what is known at each sample. */
  function written(samples: readonly (number | undefined)[]) {
    const tell = createInterfaceTeller();
    const points: Point[] = [];
    samples.forEach((errors, i) => {
      const known = errors === undefined ? [] : ([["rx_errors", errors]] as const);
      const lines = linesOf(() => new Map([["rx_bytes", i + 1], ...known])).filter(({ name }) => name === "vx");
      tell(lines, epochMsOf(T + i * 10_000), (point) => points.push(point));
    });
    return points.flatMap(({ at, fields }) => ("rx_errors" in fields ? [[(at - T) / 1_000, fields.rx_errors]] : []));
  }

  test("with its zero before, so that the first rise is seen", () => {
    expect(written([0, 0, 3])).toEqual([
      [10, { int: 0 }],
      [20, { int: 3 }],
    ]);
  });

  test("and stays when it begins again", () => {
    expect(written([3, 0, 0])).toEqual([
      [0, { int: 3 }],
      [10, { int: 0 }],
      [20, { int: 0 }],
    ]);
  });

  test("but none that was unknown had a zero before", () => {
    expect(written([undefined, 500])).toEqual([[10, { int: 500 }]]);
  });
});

test("where more than sixty interfaces carry traffic they take turns, and each has its own at least once a minute", () => {
  const T = 1_700_000_000_000;
  const tell = createInterfaceTeller();
  const timesOf = new Map<string, number[]>();
  const [vx] = linesOf().filter(({ name }) => name === "vx");
  if (vx === undefined) throw new Error("no tunnel");
  const perSample: number[] = [];
  for (let sample = 0; sample < 20; sample++) {
    let count = 0;
    const lines = Array.from({ length: 200 }, (_, i) => {
      const fields = { rx_bytes: { int: sample + 1 } };
      return { ...vx, name: `vx${i}`, tags: { interface: `vx${i}` }, fields };
    });
    tell(lines, epochMsOf(T + sample * 10_000), ({ tags, at }) => {
      count++;
      timesOf.set(tags.interface ?? "", [...(timesOf.get(tags.interface ?? "") ?? []), at]);
    });
    perSample.push(count);
  }
  expect(Math.max(...perSample.slice(1))).toBeLessThan(120);
  for (const times of timesOf.values()) {
    // No time twice, and none of a moment whose state was passed over.
    expect(new Set(times).size).toBe(times.length);
    expect(Math.max(...times.map((at, i) => at - (times[i - 1] ?? T)))).toBeLessThanOrEqual(60_000);
  }
});

describe("counters are followed by the differences the database tells", () => {
  const statistics = createInterfaceStatistics();
  const read = () => Object.fromEntries(statistics.of("u") ?? []);
  const map = (...pairs: readonly (readonly [string, number])[]) => ({ statistics: ["map", pairs] });

  test("whole, changed, taken away, gone", () => {
    statistics.apply({ Interface: { u: { initial: { ...map(["rx_bytes", 1], ["rx_crc_err", 3]), link_resets: 4 } } } });
    expect(read()).toEqual({ rx_bytes: 1, link_resets: 4 });
    statistics.apply({ Interface: { u: { modify: map(["rx_bytes", 7], ["tx_bytes", 2]) } } });
    expect(read()).toEqual({ rx_bytes: 7, tx_bytes: 2, link_resets: 4 });
    // A pair that is there already: the key was removed.
    statistics.apply({ Interface: { u: { modify: { ...map(["tx_bytes", 2]), link_resets: 5 } } } });
    expect(read()).toEqual({ rx_bytes: 7, link_resets: 5 });
    statistics.apply({ Interface: { u: { delete: null } } });
    expect(statistics.of("u")).toBeUndefined();
  });
});

test("a switch that has everything writes all that the catalogue says, and no more", () => {
  const at = epochMsOf(5_000);
  const figures = "packets received:packet recirculations:phwol hits:simple match hits:emc hits:smc hits:megaflow hits";
  const rest = "miss with success upcall:miss with failed upcall:idle cycles:processing cycles";
  const points: Point[] = [
    ...vswitchdPoints(
      {
        datapaths: "system@s:\n  lookups: hit:1 missed:1 lost:1\n  flows: 1\n  masks: hit:1 total:1\n  cache: hit:1\n",
        upcalls: "system@s:\n  flows : (limit 1)\n  offloaded flows : 1\n  dump duration : 1ms\n",
        pmds: `main thread:\n${`${figures}:${rest}`
          .split(":")
          .map((name) => `  ${name}: 1`)
          .join("\n")}`,
        memory: "handlers:1 ports:1 revalidators:1 rules:1 udpif keys:1",
        bonds: "---- b ----\nmember m: enabled\n  active member\n",
        lacp: "---- b ----\nmember: m: current attached\n",
      },
      { startedAt: epochMsOf(1_000), hasHardwareOffload: true },
      at,
    ),
  ];
  const all = ["bytes", "packets", "errors", "dropped"].flatMap((name) => [`rx_${name}`, `tx_${name}`]);
  const counters = new Map([...all, "link_resets"].map((name) => [name, 1]));
  createInterfaceTeller()(
    linesOf(() => counters),
    at,
    (point) => points.push(point),
  );
  expect(wordsOf(points)).toEqual(cataloguedWords(Object.keys(OVS_METRICS)));
});

test("whether the card forwards is not said while the database has not said it", () => {
  const answers = { datapaths: "system@s:\n  lookups: hit:1 missed:1 lost:1\n", upcalls: "", pmds: "", memory: "" };
  const offload = (hasHardwareOffload: boolean | undefined) =>
    vswitchdPoints({ ...answers, bonds: "", lacp: "" }, { startedAt: epochMsOf(1), hasHardwareOffload }, epochMsOf(2))
      .filter(({ measurement }) => measurement === "ovs_datapath")
      .map(({ fields }) => fields.hw_offload);
  expect([true, false, undefined].flatMap(offload)).toEqual([{ int: 1 }, { int: 0 }, undefined]);
});
