import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Row } from "../../agent/ovs/ovsdb-value.ts";
import { applyUpdate2, parseSchema, type Tables } from "../../agent/ovs/replica.ts";

const SCHEMA = parseSchema({
  tables: {
    Port: {
      columns: {
        name: { type: "string" },
        tag: { type: { key: { type: "integer" }, min: 0, max: 1 } },
        trunks: { type: { key: { type: "integer" }, min: 0, max: 4096 } },
        other_config: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
      },
    },
  },
});

test("columns that this server does not have are not asked for", () => {
  expect(SCHEMA.Port).toEqual({ name: "scalar", tag: "optional", trunks: "set", other_config: "map" });
  expect(SCHEMA.Bridge).toEqual({});
});

interface PortRow {
  readonly name: string;
  readonly tag: number | undefined;
  readonly trunks: readonly number[];
  readonly other_config: { readonly [key: string]: string };
}

const rows: fc.Arbitrary<PortRow> = fc.record({
  name: fc.constantFrom("tap1", "tap2"),
  tag: fc.option(fc.nat(4), { nil: undefined }),
  trunks: fc.uniqueArray(fc.nat(6), { maxLength: 4 }),
  other_config: fc.dictionary(fc.constantFrom("a", "b", "__proto__"), fc.constantFrom("1", "2"), {
    noNullPrototype: true,
  }),
});

/** As ovsdb-server writes values: a set of one is its element. */
const setText = (atoms: readonly number[]) => (atoms.length === 1 ? atoms[0] : ["set", atoms]);
const mapText = (pairs: readonly (readonly [string, string])[]) => ["map", pairs];

function wholeRow(row: PortRow) {
  return {
    name: row.name,
    ...(row.tag === undefined ? {} : { tag: row.tag }),
    ...(row.trunks.length === 0 ? {} : { trunks: setText(row.trunks) }),
    other_config: mapText(Object.entries(row.other_config)),
  };
}

/** As ovsdb-server says what changed (ovsdb-server(7) §4.1.14). */
function difference(before: PortRow, after: PortRow) {
  const trunks = [
    ...before.trunks.filter((item) => !after.trunks.includes(item)),
    ...after.trunks.filter((item) => !before.trunks.includes(item)),
  ];
  const pairs: [string, string][] = [];
  for (const [key, value] of Object.entries(before.other_config)) {
    if (!Object.hasOwn(after.other_config, key)) pairs.push([key, value]);
  }
  for (const [key, value] of Object.entries(after.other_config)) {
    if (!Object.hasOwn(before.other_config, key) || before.other_config[key] !== value) pairs.push([key, value]);
  }
  return {
    ...(before.name === after.name ? {} : { name: after.name }),
    ...(before.tag === after.tag ? {} : { tag: after.tag ?? ["set", []] }),
    ...(trunks.length === 0 ? {} : { trunks: setText(trunks) }),
    ...(pairs.length === 0 ? {} : { other_config: mapText(pairs) }),
  };
}

const comparable = (row: Row | undefined) => ({
  name: row?.name,
  tag: row?.tag,
  trunks: row?.trunks ?? [],
  other_config: Object.entries(row?.other_config ?? {}).toSorted(),
});
const expected = (row: PortRow) => ({
  name: row.name,
  tag: row.tag,
  trunks: row.trunks.toSorted((a, b) => a - b),
  other_config: Object.entries(row.other_config).toSorted(),
});

test("folding the differences of update2 gives the table as it is", () => {
  const histories = fc.array(fc.option(rows, { nil: undefined }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(histories, (history) => {
      let tables: Tables = {};
      let before: PortRow | undefined;
      for (const after of history) {
        const update =
          before === undefined
            ? after && { insert: wholeRow(after) }
            : after === undefined
              ? { delete: null }
              : { modify: difference(before, after) };
        if (update !== undefined) tables = applyUpdate2(SCHEMA, tables, { Port: { uuid1: update } });
        before = after;
        const row = tables.Port?.get("uuid1");
        if (after === undefined) expect(row).toBeUndefined();
        else expect(comparable(row)).toEqual(expected(after));
      }
    }),
  );
});

describe("messages as a real server sent them", () => {
  const start = applyUpdate2(
    SCHEMA,
    {},
    { Port: { p: { initial: wholeRow({ name: "t", tag: 1, trunks: [1, 2, 3], other_config: {} }) } } },
  );
  const row = (modify: object) => applyUpdate2(SCHEMA, start, { Port: { p: { modify } } }).Port?.get("p");

  test("trunks 1,2,3 → 2,3,4 is the symmetric difference", () => {
    expect(row({ trunks: ["set", [1, 4]] })?.trunks).toEqual([2, 3, 4]);
  });

  test("an empty set clears an optional column", () => {
    expect(row({ tag: ["set", []] })?.tag).toBeUndefined();
  });

  test("adding a key and removing it are the same message", () => {
    const once = applyUpdate2(SCHEMA, start, { Port: { p: { modify: { other_config: ["map", [["foo", "bar"]]] } } } });
    expect(once.Port?.get("p")?.other_config).toEqual({ foo: "bar" });
    const twice = applyUpdate2(SCHEMA, once, { Port: { p: { modify: { other_config: ["map", [["foo", "bar"]]] } } } });
    expect(twice.Port?.get("p")?.other_config).toEqual({});
  });

  test("rows, tables and values of no known shape change nothing", () => {
    const odd = { Port: { p: { modify: { unknown: 1 } } }, Nonsense: { x: { insert: {} } }, Bridge: 7 };
    expect(applyUpdate2(SCHEMA, start, odd).Port?.get("p")).toEqual(start.Port?.get("p"));
    expect(applyUpdate2(SCHEMA, start, "nonsense")).toEqual(start);
  });
});
