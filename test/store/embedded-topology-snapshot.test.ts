import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { afterEach, beforeEach, expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { silentLog } from "../../core/log.ts";
import { openMark } from "../../store/embedded/acknowledged-mark.ts";
import { DuckDbFile } from "../../store/embedded/duckdb-file.ts";
import { createTopologyReader, type TopologyReader } from "../../store/embedded/topology-reader.ts";
import { migrate } from "../../store/embedded/topology-schema.ts";
import { TopologyWriter } from "../../store/embedded/topology-writer.ts";
import type { Change } from "../../topology/model/change.ts";
import { changedId, subjectOf } from "../../topology/model/change.ts";
import type { Revision } from "../../topology/model/revision.ts";
import { collected } from "../../topology/model/topology.ts";
import { nic } from "../topology/arbitrary.ts";

const ms = epochMsOf;
const [old, young] = [nic("a", "old", { mtu: 1500 }), nic("a", "young")];
const added = (element: Element): Change => ({ kind: "add", element });
const revisionOf = (revision: number, at: number, change: Change): Revision => {
  return { revision, at: ms(at), knownAt: ms(at), cluster: "c", origin: "agent/a", changes: [change] };
};

let folder: string;
let file: DuckDbFile;
let writer: TopologyWriter;
let reader: TopologyReader;
/** Committed by the writer between the first part of an answer and the rest of it. */
let inBetween: Revision | undefined;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "nephoscope-snapshot-"));
  const path = join(folder, "topology.duckdb");
  file = await DuckDbFile.open(path, { threads: 1, memoryMegabytes: 256 });
  await file.use("write", (connection) => migrate(connection, path));
  writer = new TopologyWriter({ file, mark: openMark(path), stored: new Map(), deps: { log: silentLog } });
  reader = createTopologyReader((work) => file.use("read", (connection) => work(interrupted(connection))));
  await writer.append([revisionOf(1, 100, added(old)), revisionOf(2, 200, added(young))]);
});
afterEach(async () => {
  await writer.close();
  rmSync(folder, { recursive: true });
});

function interrupted(connection: DuckDBConnection): DuckDBConnection {
  const stream = connection.stream.bind(connection);
  connection.stream = async (...question) => {
    const result = await stream(...question);
    const revision = inBetween;
    inBetween = undefined;
    if (revision !== undefined) await writer.append([revision]);
    return result;
  };
  return connection;
}

test("a commit between the two states of a difference does not show an old element as added", async () => {
  inBetween = revisionOf(3, 250, {
    kind: "update",
    id: old.id,
    subject: subjectOf(old),
    before: { mtu: 1500 },
    after: { mtu: 9000 },
  });
  const changes = await reader.netChanges({ cluster: "c", from: ms(150), to: ms(300), limit: 10 });
  expect(writer.last.get("c")).toBe(3);
  expect(changes.map(changedId)).toEqual([young.id]);
});

test("the revision of a moment is that of its state, whatever is committed meanwhile", async () => {
  inBetween = revisionOf(3, 50, added(nic("a", "late")));
  const { elements, revision, beginsAt } = await reader.momentAt("c", { at: ms(300) });
  const state = await collected(elements);
  expect(writer.last.get("c")).toBe(3);
  expect([[...state.keys()], revision, beginsAt]).toEqual([[old.id, young.id], 2, 100]);
  expect(await reader.momentAt("c", { at: ms(300) })).toMatchObject({ revision: 3, beginsAt: 50 });
});

test("a question that fails leaves no transaction behind for the next one", async () => {
  const query = { cluster: "c", from: ms(0), to: ms(300) };
  await expect(reader.netChanges({ ...query, limit: 1 })).rejects.toMatchObject({ status: 422 });
  expect(await reader.netChanges({ ...query, limit: 2 })).toHaveLength(2);
});
