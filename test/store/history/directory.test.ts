import { expect, test } from "vitest";
import { Directories } from "../../../store/history/directories.ts";
import type { Keyframe } from "../../../store/history/keyframes.ts";
import { singlePart } from "../../../store/history/part.ts";
import type { SqlDatabase } from "../../../store/sql-database.ts";

const keyframe = (revision: number, part = "host/a"): Keyframe => ({
  ...{ part, revision, maxAt: revision, maxKnownAt: revision, elements: 1, body: revision },
});
const block = (number: number) => ({
  ...{ block: number, firstPart: "host/a", lastPart: "host/b", segment: number },
  ...{ firstRevision: number, lastRevision: number, minAt: number, maxAt: number },
});
const bounds = { cluster: "c", upToRevision: 99 };

test("a view has what was committed when it was taken, and nothing that came later", () => {
  const directories = new Directories([]);
  directories.added("c", { blocks: [block(1)], keyframes: [keyframe(1)] });
  const view = directories.view("c");
  directories.added("c", { blocks: [block(2)], keyframes: [keyframe(2), keyframe(2, "host/b")] });
  expect(view?.blocks({ cluster: "c" }).map(({ block }) => block)).toEqual([1]);
  expect([...(view?.newestKeyframes(bounds, undefined).values() ?? [])]).toEqual([keyframe(1)]);
  const later = directories.view("c");
  expect(later?.blocks({ cluster: "c" }).map(({ block }) => block)).toEqual([1, 2]);
  expect(later?.newestKeyframes(bounds, [singlePart("host/a")]).get("host/a")).toEqual(keyframe(2));
});

test("a view is no longer current once its tables are to lose something, and the next one is read anew", () => {
  const directories = new Directories([]);
  directories.added("c", { keyframes: [keyframe(1)] });
  const view = directories.view("c");
  expect(view?.isCurrent()).toBe(true);
  directories.letGo("c");
  expect([view?.isCurrent(), directories.view("c"), directories.wanted]).toEqual([false, undefined, "c"]);
  // Whoever writes meanwhile is not listened to: what is read later has it.
  directories.added("c", { keyframes: [keyframe(2)] });
  expect(directories.view("c")).toBeUndefined();
});

test("past its bound a cluster's directory is let go for good, and tables are looked through instead", () => {
  const directories = new Directories([], 3);
  directories.added("c", { keyframes: [keyframe(1), keyframe(2)] });
  expect(directories.view("c")).toBeDefined();
  directories.added("c", { blocks: [block(1)], keyframes: [keyframe(3)] });
  expect([directories.view("c"), directories.wanted]).toEqual([undefined, undefined]);
});

test("a view taken before its directory grew too long is no longer current either once something is dropped", () => {
  const directories = new Directories([], 1);
  directories.added("c", { keyframes: [keyframe(1)] });
  const view = directories.view("c");
  directories.added("c", { keyframes: [keyframe(2)] });
  directories.letGo("c");
  expect(view?.isCurrent()).toBe(false);
});

test("a directory that could not be read is wanted again", async () => {
  const directories = new Directories(["c"]);
  const database = { read: () => Promise.reject(new Error("restarting")) } as unknown as SqlDatabase;
  await expect(directories.load(database, "c")).rejects.toThrow("restarting");
  expect(directories.wanted).toBe("c");
});
