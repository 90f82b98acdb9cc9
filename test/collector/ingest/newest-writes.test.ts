import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { type DurableWrite, NewestWrites } from "../../../collector/ingest/newest-writes.ts";
import { epochMsOf } from "../../../core/clock.ts";

const write = (n = 0): DurableWrite => ({
  trace: { traceId: randomBytes(16).toString("hex"), spanId: randomBytes(8).toString("hex") },
  at: epochMsOf(1_790_000_000_000 + n),
  durationMs: n,
  lines: 100,
  bytes: 2_345,
});

test("the newest write of each host of each cluster is remembered as it was", () => {
  const newest = new NewestWrites();
  const [first, second, other] = [write(1), write(2), write(3)];
  newest.remember("a", "h", first);
  newest.remember("b", "h", other);
  newest.remember("a", "h", second);
  expect(newest.newestOf("a", "h")).toEqual(second);
  expect(newest.newestOf("b", "h")).toEqual(other);
  expect(newest.newestOf("a", "g")).toBeUndefined();
});

test("past the bound the host that was heard longest ago is forgotten, and no other", () => {
  const newest = new NewestWrites(3);
  for (const host of ["p", "q", "r"]) newest.remember("a", host, write());
  newest.remember("a", "p", write());
  const kept = write(9);
  newest.remember("a", "s", kept);
  expect(newest.newestOf("a", "q")).toBeUndefined();
  expect(["p", "r", "s"].map((host) => newest.newestOf("a", host) !== undefined)).toEqual([true, true, true]);
  expect(newest.newestOf("a", "s")).toEqual(kept);
  expect(newest.hosts).toBe(3);
});

test("ten thousand hosts take less than 100 bytes each besides their names", () => {
  const newest = new NewestWrites();
  const writes = Array.from({ length: 10_000 }, (_, n) => write(n));
  for (const [n, each] of writes.entries()) newest.remember("a", `host-${n}`, each);
  expect(newest.tableBytes / newest.hosts).toBeLessThan(100);
  for (const n of [0, 63, 64, 5_000, 9_999]) expect(newest.newestOf("a", `host-${n}`)).toEqual(writes[n]);
});
