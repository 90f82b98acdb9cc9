import { expect, test } from "vitest";
import { LineReader } from "../../../collector/line-protocol/parse.ts";
import { SeriesKeys } from "../../../collector/line-protocol/series-keys.ts";
import { RECEIVED_AT } from "./read.ts";

const read = (keys: SeriesKeys, body: string): string[] => {
  const reader = new LineReader(Buffer.from(body), { precision: "ms", receivedAt: RECEIVED_AT, keys });
  const measurements: string[] = [];
  while (reader.next() === "line") measurements.push(reader.series.key.measurement);
  return measurements;
};

test.each<[string, (i: number) => string]>([
  ["series", (i) => `m,t=${i}${"x".repeat(4_000)} f=1`],
  ["field keys", (i) => `m${i} ${Array.from({ length: 64 }, (_, k) => `${"f".repeat(200)}${k}=1`).join()}`],
])("long %s take no more memory than the bound, and are read all the same", (_name, lineOf) => {
  const keys = new SeriesKeys({ series: 1e6, bytes: 100_000 });
  let most = 0;
  for (let i = 0; i < 500; i++) {
    expect(read(keys, lineOf(i))).toHaveLength(1);
    most = Math.max(most, keys.heldBytes);
  }
  expect(most).toBeGreaterThan(50_000);
  expect(most).toBeLessThanOrEqual(100_000);
});

test("a field key longer than what is remembered is read right each time", () => {
  const keys = new SeriesKeys();
  for (let i = 0; i < 3; i++) expect(read(keys, `m ${"f".repeat(1_000)}=1,g=2`)).toEqual(["m"]);
  expect(keys.heldBytes).toBeLessThan(500);
});
