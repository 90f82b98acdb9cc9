import { describe, expect, test } from "vitest";
import { type Cell, COLUMNS, interfacePoints } from "../../../collector/pull/snmp/interfaces.ts";
import { switchAddress } from "../../../collector/pull/snmp/snmp-target.ts";
import { type Answer, type GetBulk, walkColumns } from "../../../collector/pull/snmp/walk.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { formatPoint } from "../../../core/line-protocol.ts";
import { SWITCH_METRICS } from "../../../core/metrics/switch-metrics.ts";

const IF = "1.3.6.1.2.1.2.2.1";
const IFX = "1.3.6.1.2.1.31.1.1.1";
const IDENTITY = { host: "leaf-1", cluster: "c", labels: { rack: "r1" } };

function linesOf(rows: { readonly [index: string]: { readonly [column: string]: Cell } }): readonly string[] {
  const table = new Map(Object.entries(rows).map(([index, row]) => [index, new Map(Object.entries(row))]));
  return interfacePoints(table, IDENTITY, epochMsOf(1_000)).flatMap((point) => formatPoint(point) ?? []);
}

/** What a device has that answers as RFC 3416 says: whatever follows each OID, in the order of the tree. */
function deviceOf(objects: readonly (readonly [oid: string, cell: Cell])[]): { getBulk: GetBulk; asked: () => number } {
  const parts = (oid: string) => oid.split(".").map(Number);
  const compare = (a: string, b: string): number => {
    const [left, right] = [parts(a), parts(b)];
    const place = left.findIndex((part, i) => part !== right[i]);
    return place < 0 ? left.length - right.length : (left[place] ?? 0) - (right[place] ?? -1);
  };
  const sorted = objects.toSorted(([a], [b]) => compare(a, b));
  let asked = 0;
  const getBulk: GetBulk = async (oids, maxRepetitions) => {
    asked++;
    return oids.map((oid) => {
      const answers: Answer[] = sorted
        .filter(([other]) => compare(other, oid) > 0)
        .slice(0, maxRepetitions)
        .map(([other, cell]) => ({ oid: other, cell }));
      return answers.length < maxRepetitions ? [...answers, { oid, cell: undefined }] : answers;
    });
  };
  return { getBulk, asked: () => asked };
}

describe("an interface becomes a line", () => {
  test("with the fields of the catalogue and all of them", () => {
    const columns = Object.fromEntries(COLUMNS.map((column, place) => [column, 100 + place]));
    const [line = ""] = linesOf({
      "7": {
        ...columns,
        [`${IF}.8`]: 1,
        [`${IF}.7`]: 2,
        [`${IFX}.1`]: "Et1",
        [`${IFX}.18`]: "to spine",
        [`${IF}.2`]: "",
      },
    });
    const [series, fields = "", at] = line.replace("\\ ", "_").split(" ");
    expect(series).toBe("switch_if,alias=to_spine,cluster=c,host=leaf-1,interface=Et1,rack=r1");
    expect(at).toBe("1000");
    expect(
      fields
        .split(",")
        .map((field) => field.split("=")[0])
        .toSorted(),
    ).toEqual(Object.keys(SWITCH_METRICS.switch_if.fields).toSorted());
    expect(fields).toContain("up=1i,admin_up=0i");
  });

  test("with each counter under the name of what RFC 2863 says it counts", () => {
    const [line = ""] = linesOf({
      "1": {
        [`${IFX}.6`]: 6,
        [`${IFX}.7`]: 7,
        [`${IFX}.8`]: 8,
        [`${IFX}.9`]: 9,
        [`${IFX}.10`]: 10,
        [`${IFX}.11`]: 11,
        [`${IFX}.12`]: 12,
        [`${IFX}.13`]: 13,
        [`${IFX}.15`]: 25_000,
        [`${IF}.13`]: 213,
        [`${IF}.14`]: 214,
        [`${IF}.19`]: 219,
        [`${IF}.20`]: 220,
      },
    });
    expect(line.split(" ")[1]?.split(",").toSorted()).toEqual(
      [
        "rx_bytes=6i",
        "rx_unicast_packets=7i",
        "rx_multicast_packets=8i",
        "rx_broadcast_packets=9i",
        "tx_bytes=10i",
        "tx_unicast_packets=11i",
        "tx_multicast_packets=12i",
        "tx_broadcast_packets=13i",
        "rx_dropped=213i",
        "rx_errors=214i",
        "tx_dropped=219i",
        "tx_errors=220i",
        "speed_bps=25000000000i",
      ].toSorted(),
    );
  });

  test("with every digit of a counter of 64 bits; past 63 it is a float", () => {
    const lines = linesOf({ "1": { [`${IFX}.6`]: 2n ** 63n - 1n, [`${IFX}.10`]: 2n ** 63n } });
    expect(lines[0]).toContain("rx_bytes=9223372036854775807i,tx_bytes=9223372036854776000");
  });

  test("of a device without ifXTable with counters of 32 bits and the description as its name", () => {
    const lines = linesOf({ "3": { [`${IF}.2`]: "port 3", [`${IF}.10`]: 5 } });
    expect(lines).toEqual([
      "switch_if,cluster=c,descr=port\\ 3,host=leaf-1,interface=port\\ 3,rack=r1 rx_bytes=5i 1000",
    ]);
  });

  test("of its own also when two have one name", () => {
    const row = { [`${IFX}.1`]: "Et1", [`${IF}.8`]: 1 };
    const names = linesOf({ "1": row, "2": row, "3": { ...row, [`${IFX}.1`]: "Et3" } }).map(
      (line) => /interface=([^, ]+)/.exec(line)?.[1],
    );
    expect(names).toEqual(["Et1#1", "Et1#2", "Et3"]);
  });
});

describe("columns are walked", () => {
  const columns = ["1.9.1", "1.9.2", "1.9.10"];
  const objects = columns.flatMap((column) =>
    Array.from({ length: 25 }, (_, row) => [`${column}.${row + 1}`, `${column} ${row + 1}`] as const),
  );

  test.each([1, 7, 25, 26, 100])("to their end, %d rows at once, past what they are not", async (maxRepetitions) => {
    const { getBulk } = deviceOf([...objects, ["1.9.11.1", "behind"], ["1.10.1", "far behind"]]);
    const rows = await walkColumns(getBulk, columns, maxRepetitions);
    expect(rows.size).toBe(25);
    expect([...(rows.get("25") ?? [])]).toEqual(columns.map((column) => [column, `${column} 25`]));
  });

  test("one that the device does not have is left out", async () => {
    const rows = await walkColumns(deviceOf(objects).getBulk, [...columns, "1.9.12"], 10);
    expect(rows.get("1")?.size).toBe(3);
    expect((await walkColumns(deviceOf([]).getBulk, columns, 10)).size).toBe(0);
  });

  test("one whose number begins with another's is not taken for it", async () => {
    const rows = await walkColumns(
      deviceOf([
        ["1.9.1.1", "a"],
        ["1.9.10.1", "b"],
      ]).getBulk,
      ["1.9.1"],
      10,
    );
    expect([...rows].map(([index, row]) => [index, ...row])).toEqual([["1", ["1.9.1", "a"]]]);
  });

  test("of a device that says the same again and again no further", async () => {
    let asked = 0;
    const stuck: GetBulk = async () => {
      asked++;
      return [[{ oid: "1.9.1.1", cell: asked }]];
    };
    expect((await walkColumns(stuck, ["1.9.1"], 10)).size).toBe(1);
    expect(asked).toBe(2);
  });

  test("of a device without end no further than a chassis is long", async () => {
    let row = 0;
    const endless: GetBulk = async () => [Array.from({ length: 50 }, () => ({ oid: `1.9.1.${++row}`, cell: 1 }))];
    await expect(walkColumns(endless, ["1.9.1"], 50)).rejects.toThrow("more than 10000 interfaces");
  });
});

test.each([
  ["10.0.0.1", { host: "10.0.0.1", port: 161 }],
  ["leaf-1.example:1161", { host: "leaf-1.example", port: 1161 }],
  ["[fd00::1]:1161", { host: "fd00::1", port: 1161 }],
  ["[fd00::1]", { host: "fd00::1", port: 161 }],
  ["", undefined],
  ["a b", undefined],
  ["snmp://a", undefined],
  ["a:99999", undefined],
])("a switch's address %j is %j", (text, address) => expect(switchAddress(text)).toEqual(address));
