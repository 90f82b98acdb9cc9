import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { StateStore } from "../../store/state-store.ts";

/** What every StateStore promises. `open` opens the same store again each time it is called. */
export function stateStoreContract(
  name: string,
  place: () => Promise<{ open(): StateStore; remove(): Promise<void> }>,
): void {
  describe(`${name} as a StateStore`, () => {
    let at: Awaited<ReturnType<typeof place>>;
    let store: StateStore;
    beforeEach(async () => {
      at = await place();
      store = at.open();
    });
    afterEach(async () => {
      store.close();
      await at.remove();
    });
    const put = (key: string, document: number | string | object | undefined) =>
      store.commit([
        { collection: "c", key, document: document === undefined ? undefined : { document: String(document) } },
      ]);

    test("a committed document is read back, one that was never there is not", () => {
      const document = {
        text: "ü \u0000 \"'; DROP TABLE documents",
        numbers: [1.5, -0, 1e300],
        none: null,
        deep: { a: [true] },
      };
      store.commit([{ collection: "c", key: "k", document }]);
      expect(store.get("c", "k")).toEqual({ ...document, numbers: [1.5, 0, 1e300] });
      expect(store.get("c", "other")).toBeUndefined();
      expect(store.get("other", "k")).toBeUndefined();
    });

    test("a later document replaces the one before, and undefined deletes", () => {
      put("k", 1);
      put("k", 2);
      expect(store.get("c", "k")).toEqual({ document: "2" });
      put("k", undefined);
      put("never there", undefined);
      expect(store.get("c", "k")).toBeUndefined();
      expect(store.all("c").size).toBe(0);
    });

    test("all documents of a collection come by key, those of others do not", () => {
      store.commit([
        { collection: "c", key: "b", document: 2 },
        { collection: "c", key: "a", document: 1 },
        { collection: "d", key: "a", document: 3 },
      ]);
      expect([...store.all("c")]).toEqual([
        ["a", 1],
        ["b", 2],
      ]);
    });

    test("a page has the documents of a range of keys, from either end", () => {
      const keys = ["a", "b", "c", "d", "e"];
      store.commit(keys.map((key) => ({ collection: "c", key, document: key })));
      store.commit([{ collection: "d", key: "bb", document: "of another" }]);
      const page = (range: Parameters<StateStore["page"]>[1]) => store.page("c", range).map(([, document]) => document);
      expect(page({ limit: 9, order: "ascending" })).toEqual(keys);
      expect(page({ limit: 2, order: "descending" })).toEqual(["e", "d"]);
      expect(page({ from: "b", before: "d", limit: 9, order: "descending" })).toEqual(["c", "b"]);
      expect(page({ before: "a", limit: 9, order: "ascending" })).toEqual([]);
      expect([store.size("c"), store.size("d"), store.size("e")]).toEqual([5, 1, 0]);
    });

    test("a commit that fails in the middle changes nothing", () => {
      put("k", 1);
      const circular: { self?: unknown } = {};
      circular.self = circular;
      const bad = [
        { collection: "c", key: "k", document: 2 },
        { collection: "c", key: "l", document: circular as never },
      ];
      expect(() => store.commit(bad)).toThrow();
      expect([...store.all("c")]).toEqual([["k", { document: "1" }]]);
      put("k", 3);
      expect(store.get("c", "k")).toEqual({ document: "3" });
    });

    test("what was committed is there after the store is opened again", () => {
      put("k", 1);
      store.close();
      store = at.open();
      expect(store.get("c", "k")).toEqual({ document: "1" });
    });
  });
}
