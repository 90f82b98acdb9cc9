import { expect, test } from "vitest";
import { memoryOvercommitProbe, promisedBytes, usableBytes } from "../../agent/findings/memory-overcommit.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { epochMsOf } from "../../core/clock.ts";
import type { Element } from "../../core/element.ts";
import { elementIdOf } from "../../core/element-id.ts";
import type { Point } from "../../core/line-protocol.ts";
import { cataloguedWords, wordsOf } from "./catalogue-agreement.ts";
import { quietContext } from "./probe-context.ts";

const GIB = 2 ** 30;
const domain = (name: string, memoryMib: number | undefined, state = "running"): Element => ({
  id: elementIdOf("host", "a", "domain", name),
  kind: "domain",
  name,
  cluster: "",
  host: "a",
  parent: undefined,
  attributes: { state, ...(memoryMib === undefined ? {} : { memory_mib: memoryMib }) },
});
const meminfo = (free = 0) =>
  `MemTotal:       ${64 * 2 ** 20} kB\nHugePages_Total:   16384\nHugePages_Free:    ${free}\nHugepagesize:       2048 kB\n`;

test.each([
  ["what all of them were promised", [domain("x", 1024), domain("y", 2048)], 3 * GIB],
  ["paused and migrating ones hold theirs", [domain("x", 1024, "paused"), domain("y", 1024, "migrating")], 2 * GIB],
  ["one that is shut off holds none", [domain("x", 1024), domain("y", 2048, "shutoff")], GIB],
  ["none that says", [domain("x", undefined)], undefined],
  ["no machines", [], undefined],
])("%s", (_, elements, expected) => {
  expect(promisedBytes(elements)).toBe(expected);
});

test("memory there is for machines is without what the host keeps and without huge pages that nobody uses", () => {
  expect(usableBytes(meminfo(), 4 * GIB)).toBe(60 * GIB);
  expect(usableBytes(meminfo(1024), 4 * GIB)).toBe(58 * GIB);
  expect(usableBytes(meminfo(), 64 * GIB)).toBeUndefined();
  expect(usableBytes("", 0)).toBeUndefined();
});

test("the ratio and its limit, as in the catalogue; nothing where there are no machines, and nothing promised when they went", async () => {
  const proc: ProcReader = { text: () => meminfo(), names: () => [], link: () => undefined };
  const elements = new Map<Element["id"], Element>();
  const context = quietContext({ elements: () => elements });
  const probe = memoryOvercommitProbe(proc, { limit: 1.5, reservedBytes: 4 * GIB });
  expect(await probe.detect(context)).toBeUndefined();
  const vm = domain("x", 90 * 1024);
  elements.set(vm.id, vm);
  const session = await probe.detect(context);
  const points: Point[] = [];
  const sample = () => session?.sample?.(epochMsOf(1), (point) => points.push(point));
  sample();
  elements.clear();
  sample();
  expect(points.map(({ fields }) => [fields.ratio, fields.limit])).toEqual([
    [1.5, 1.5],
    [0, 1.5],
  ]);
  expect(wordsOf(points)).toEqual(cataloguedWords(["memory_overcommit"]));
});
