import { describe, expect, test } from "vitest";
import { elementIdOf } from "../../../core/element-id.ts";
import { heldEntries } from "../../../store/history/change-filter.ts";
import { partOf } from "../../../store/history/part.ts";
import type { Entry } from "../../../store/history/stored-changes.ts";
import { Tails } from "../../../store/history/tails.ts";
import type { SqlDatabase, SqlRow } from "../../../store/sql-database.ts";

function entry(revision: number, host = "h1"): Entry {
  const id = elementIdOf("host", host, "netns", "-", "link", String(revision));
  const kind = "remove";
  return {
    ...{ part: partOf(id), revision, ordinal: 0, at: revision, knownAt: revision, origin: "o", kind, id },
    renamedFrom: undefined,
    body: "{}",
  };
}

function revisionsIn(tails: Tails, upToRevision = Number.MAX_SAFE_INTEGER): readonly number[] | undefined {
  const { tail } = tails.known("c");
  if (tail === undefined) return undefined;
  return [...heldEntries(tail, { cluster: "c", upToRevision })]
    .flat()
    .map(({ revision }) => revision)
    .sort((left, right) => left - right);
}

/** A table of changes; `whileRead` is called when it is being read. */
function tableOf(entries: readonly Entry[], whileRead = () => {}): SqlDatabase {
  const rows = entries.map(
    (one): SqlRow => [
      ...[one.part, one.revision, one.ordinal, one.at, one.knownAt, one.origin, one.kind, one.id, null, one.body],
    ],
  );
  const nothing = () => Promise.reject(new Error("not asked for here"));
  return {
    dialect: { types: { text: "", whole: "", small: "", blob: "" }, hasLookups: false },
    read: (_lane, work) =>
      work({
        rows: async () => [[null]],
        stream: async function* () {
          whileRead();
          yield rows;
        },
      }),
    write: nothing,
    reclaim: nothing,
    close: nothing,
  };
}

describe("tails in memory", () => {
  test("a question that began before a sealing finds all it could have found then", () => {
    const tails = new Tails([], () => 4);
    tails.committed(
      "c",
      [1, 2, 3, 4].map((revision) => entry(revision)),
    );
    const { tail } = tails.known("c");
    tails.sealed("c", 2);
    tails.committed("c", [entry(5)]);
    expect(tail?.sealedRevision).toBe(0);
    expect([...(tail?.parts.values() ?? [])].flat()).toHaveLength(4);
    expect(tails.known("c").tail?.sealedRevision).toBe(2);
    expect(revisionsIn(tails)).toEqual([3, 4, 5]);
  });

  test("what was committed later is told apart by its revision", () => {
    const tails = new Tails([], () => 1);
    tails.committed("c", [entry(1)]);
    const { upToRevision } = tails.known("c");
    tails.committed("c", [entry(2)]);
    expect(revisionsIn(tails, upToRevision)).toEqual([1]);
  });

  test("a tail that was stored is not told of before it is read, and whole after it", async () => {
    const tails = new Tails(["c"], () => 2);
    tails.committed("c", [entry(2)]);
    expect(revisionsIn(tails)).toBeUndefined();
    const table = tableOf([entry(1), entry(2)], () => {
      tails.committed("c", [entry(3)]);
      expect(revisionsIn(tails)).toBeUndefined();
    });
    await tails.load(table, "c");
    expect(revisionsIn(tails)).toEqual([1, 2, 3]);
    expect(tails.wanted).toBeUndefined();
  });

  test("a tail that takes too much memory is let go until it was sealed", async () => {
    const tails = new Tails([], () => 9, 1_000);
    tails.committed("c", [entry(1)]);
    expect(revisionsIn(tails)).toEqual([1]);
    tails.committed(
      "c",
      Array.from({ length: 8 }, (_, index) => entry(index + 2)),
    );
    expect(revisionsIn(tails)).toBeUndefined();
    expect(tails.wanted).toBeUndefined();
    tails.sealed("c", 8);
    expect(tails.wanted).toBe("c");
    await tails.load(tableOf([entry(9)]), "c");
    expect(revisionsIn(tails)).toEqual([9]);
  });

  test("a stored tail that takes too much memory is not held", async () => {
    const tails = new Tails(["c"], () => 9, 1_000);
    await tails.load(tableOf(Array.from({ length: 9 }, (_, index) => entry(index + 1))), "c");
    expect(revisionsIn(tails)).toBeUndefined();
    expect(tails.wanted).toBeUndefined();
  });

  test("a tail that was written by other means is read anew", async () => {
    const tails = new Tails([], () => 1);
    tails.committed("c", [entry(1)]);
    tails.letGo("c");
    expect(revisionsIn(tails)).toBeUndefined();
    expect(tails.wanted).toBe("c");
    await tails.load(tableOf([entry(1, "h2")]), "c");
    expect(tails.known("c").tail?.parts.has("host/h2")).toBe(true);
  });
});
