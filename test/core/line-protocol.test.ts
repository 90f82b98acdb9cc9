import { expect, test } from "vitest";
import { epochMsOf } from "../../core/clock.ts";
import { formatPoint } from "../../core/line-protocol.ts";

const at = epochMsOf(1);

test("a number of bytes that a guest made up does not make the line one that no store takes", () => {
  const fields = { size_bytes: { int: 1e308 }, used_bytes: { int: 2 ** 64 }, free_bytes: { int: 7 } };
  expect(formatPoint({ measurement: "vm_filesystem", tags: {}, fields, at })).toBe("vm_filesystem free_bytes=7i 1");
});

test("a process that calls itself by a hundred thousand letters does not make a label of that length", () => {
  const point = { measurement: "process", tags: { comm: "x".repeat(100_000) }, fields: { count: { int: 1 } }, at };
  expect(formatPoint(point)).toBe(`process,comm=${"x".repeat(256)} count=1i 1`);
});
