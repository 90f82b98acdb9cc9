import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { hostId } from "../../core/element-id.ts";
import { Lifetime } from "../../core/lifetime.ts";
import { silentLog } from "../../core/log.ts";
import { openEmbeddedTopology } from "../../store/embedded/topology.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import { exportHistory } from "../../store/transfer/export-history.ts";
import { exportLineText } from "../../store/transfer/export-line.ts";
import { importHistory } from "../../store/transfer/import-history.ts";
import { changedId } from "../../topology/model/change.ts";
import type { RecordedChange, Revision } from "../../topology/model/revision.ts";
import { collected } from "../../topology/model/topology.ts";
import { countsOf } from "../../topology/place-counts.ts";
import { nic } from "../topology/arbitrary.ts";
import { HistoryBuilder, historyArbitrary } from "./topology-history.ts";

const ms = epochMsOf;
const EXPORTED_AT = ms(5_000_000);
const folder = mkdtempSync(join(tmpdir(), "nephoscope-transfer-"));
const lifetime = new Lifetime();
let store: TopologyStore;
let clusters = 0;

beforeAll(async () => {
  const path = join(folder, "topology.duckdb");
  const sealing = { tailChanges: 8, blockChanges: 3 };
  store = await openEmbeddedTopology(path, { threads: 1, memoryMegabytes: 256 }, { log: silentLog, sealing }, lifetime);
});
afterAll(async () => {
  await lifetime.end();
  rmSync(folder, { recursive: true });
});

async function keep(revisions: readonly Revision[]): Promise<string> {
  const cluster = `c${++clusters}`;
  await store.append(revisions.map((revision) => ({ ...revision, cluster })));
  return cluster;
}

async function textOf(cluster: string, from: number, to: number, root?: ReturnType<typeof hostId>): Promise<string> {
  let text = "";
  const span = { cluster, from: ms(from), to: ms(to), part: { root } };
  for await (const line of exportHistory(store, span, EXPORTED_AT)) text += exportLineText(line);
  return text;
}

async function take(text: string): Promise<string> {
  const cluster = `copy${++clusters}`;
  await importHistory(store, cluster, () => linesOf(text));
  return cluster;
}

async function* linesOf(text: string): AsyncIterable<string> {
  yield* text.split("\n");
}

const stateAt = (cluster: string, at: EpochMs) => collected(store.stateAt(cluster, { at }));
const keyOf = ({ cluster: _, ...change }: RecordedChange) => change;

test("within an exported span the copy answers as the original does", async () => {
  const spans = fc.tuple(fc.integer({ min: 1_000, max: 1_250 }), fc.integer({ min: 1, max: 150 }));
  await fc.assert(
    fc.asyncProperty(historyArbitrary, spans, async (revisions, [from, length]) => {
      const original = await keep(revisions);
      const to = from + length;
      const copy = await take(await textOf(original, from, to));
      const moments = new Set([from, to, ...revisions.map(({ at }) => at).filter((at) => at >= from && at <= to)]);
      for (const at of moments) {
        const state = await stateAt(original, ms(at));
        expect(await stateAt(copy, ms(at))).toEqual(state);
        expect(await store.countsAt(copy, { at: ms(at) })).toEqual(countsOf([...state.values()]));
        const net = { from: ms(from), to: ms(at), limit: 1_000 };
        const byId = async (cluster: string) =>
          new Map((await store.netChanges({ cluster, ...net })).map((change) => [changedId(change), change]));
        expect(await byId(copy)).toEqual(await byId(original));
      }
      const log = { from: ms(from), to: ms(to), limit: 1_000 };
      const [told, expected] = [
        await store.changes({ cluster: copy, ...log }),
        await store.changes({ cluster: original, ...log }),
      ];
      expect(told.changes.map(keyOf)).toEqual(expected.changes.map(keyOf));
    }),
    { numRuns: 12 },
  );
});

test("an export of a part has that part alone, and the snapshots of its span come along", async () => {
  const history = new HistoryBuilder("c");
  for (const host of ["a", "b"]) history.put(host, 1_000, [[nic(host, "e0").id, nic(host, "e0")]]);
  history.put("a", 1_010, [[nic("a", "e0").id, nic("a", "e0", { mtu: 9000 })]]);
  const original = await keep(history.revisions);
  const snapshot = { name: "before", at: ms(1_005), revision: 2, createdAt: ms(1_005), createdBy: "me", note: "why" };
  await store.addSnapshot({ ...snapshot, cluster: original });
  const copy = await take(await textOf(original, 1_001, 1_020, hostId("a")));
  expect([...(await stateAt(copy, ms(1_020))).keys()]).toEqual(["host/a/if/e0"]);
  expect(await store.snapshots(copy)).toEqual([{ ...snapshot, cluster: copy }]);
  expect(await store.revisionAt(copy, 3)).toBe(1_010);
});

test("a file that was cut, changed or is none of ours is refused with its line, and nothing of it is kept", async () => {
  const history = new HistoryBuilder("c");
  for (let i = 0; i < 5; i++) history.put("a", 1_000 + i, [[nic("a", `e${i}`).id, nic("a", `e${i}`)]]);
  const original = await keep(history.revisions);
  const text = await textOf(original, 1_001, 1_010);
  const before = await store.clusters();
  const lines = text.split("\n");
  const cases: readonly (readonly [string, string])[] = [
    [lines.slice(0, -2).join("\n"), "import.cut_off"],
    [[...lines.slice(0, 2), ...lines.slice(3)].join("\n"), "import.cut_off"],
    [lines.with(2, "{}").join("\n"), "import.malformed"],
    [lines.with(1, '{"element":{"id":"x"}}').join("\n"), "import.malformed"],
    ["", "import.cut_off"],
    [lines.slice(1).join("\n"), "import.malformed"],
  ];
  for (const [broken, code] of cases) await expect(take(broken)).rejects.toMatchObject({ code, status: 400 });
  await expect(take(lines.with(2, "no json").join("\n"))).rejects.toThrow("line 3");
  expect(await store.clusters()).toEqual(before);
  await expect(importHistory(store, original, () => linesOf(text))).rejects.toMatchObject({
    code: "topology.cluster_exists",
  });
});

test("an export whose beginning retention drops meanwhile, or has dropped but for a snapshot, ends without its last line", async () => {
  const builder = new HistoryBuilder("original");
  for (let at = 1_000; at < 1_100; at += 10)
    builder.put("h", at, [[nic("h", "eth0").id, nic("h", "eth0", { mtu: at })]]);
  const cluster = await keep(builder.revisions);
  const snapshot = {
    cluster,
    name: "kept",
    at: ms(1_030),
    revision: 4,
    createdAt: ms(1_030),
    createdBy: "wang",
    note: "",
  };
  await store.addSnapshot(snapshot);
  const kinds: string[] = [];
  const exported = async (before?: number) => {
    kinds.length = 0;
    for await (const { kind } of exportHistory(store, { cluster, from: ms(1_030), to: ms(1_090) }, EXPORTED_AT)) {
      kinds.push(kind);
      if (kind === "element" && before !== undefined) await store.retain(cluster, { before: ms(before) });
    }
  };
  await exported();
  expect(kinds.at(-1)).toBe("end");
  await expect(exported(1_060)).rejects.toMatchObject({ code: "topology.forgotten" });
  expect(kinds).not.toContain("end");
  await expect(exported()).rejects.toMatchObject({ code: "topology.forgotten" });
  expect(kinds).not.toContain("revision");
});
