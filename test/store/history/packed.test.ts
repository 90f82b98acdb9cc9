import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { packed, readPacked, unpacked } from "../../../store/history/packed.ts";

test.each([0, 1, 300, 4_095, 4_097, 8_192, 70_000])("%d bytes come back as they were", (length) => {
  const content = randomBytes(length);
  expect(readPacked(packed(content), (bytes) => Buffer.from(bytes).equals(content))).toBe(true);
  expect(unpacked(packed(content.toString("hex")))).toBe(content.toString("hex"));
});

test("what was inflated is given back at once, not left to a collection of the whole heap", () => {
  const blob = packed(randomBytes(1_000_000));
  const before = process.memoryUsage().arrayBuffers;
  for (let time = 0; time < 20; time++) readPacked(blob, (bytes) => bytes.length);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);
});

test("bytes of others in Node's pool stay when a small blob was read", () => {
  const neighbours = Array.from({ length: 200 }, (_, number) => Buffer.from(`neighbour ${number}`));
  for (let time = 0; time < 50; time++) readPacked(packed("small"), (bytes) => bytes.length);
  expect(neighbours.map(String)).toEqual(neighbours.map((_, number) => `neighbour ${number}`));
});
