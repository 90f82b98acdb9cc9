import { expect, test } from "vitest";
import {
  memoryOvercommitProbe,
  promisedBytes,
  unusedHugePageBytes,
  usableBytes,
} from "../../agent/findings/memory-overcommit.ts";
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
const MEMINFO = `MemTotal:       ${64 * 2 ** 20} kB\n`;
const FILES: { readonly [path: string]: string } = {
  "/proc/meminfo": MEMINFO,
  "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages": "512\n",
  "/sys/kernel/mm/hugepages/hugepages-1048576kB/free_hugepages": "3\n",
};
const proc: ProcReader = {
  text: (path) => FILES[path],
  names: () => ["hugepages-2048kB", "hugepages-1048576kB"],
  link: () => undefined,
};

test.each([
  ["what all of them were promised", [domain("x", 1024), domain("y", 2048)], 3 * GIB],
  ["paused and migrating ones hold theirs", [domain("x", 1024, "paused"), domain("y", 1024, "migrating")], 2 * GIB],
  ["one that is shut off holds none", [domain("x", 1024), domain("y", 2048, "shutoff")], GIB],
  ["none that says", [domain("x", undefined)], undefined],
  ["no machines", [], undefined],
])("%s", (_, elements, expected) => {
  expect(promisedBytes(elements)).toBe(expected);
});

test("memory there is for machines is without what is kept from them; unused huge pages of every size are", () => {
  expect(usableBytes(MEMINFO, 4 * GIB)).toBe(60 * GIB);
  expect(usableBytes(MEMINFO, 64 * GIB)).toBeUndefined();
  expect(usableBytes("", 0)).toBeUndefined();
  expect(unusedHugePageBytes(proc)).toBe(4 * GIB);
});

test("the ratio and its limit, as in the catalogue; nothing where there are no machines, and nothing promised when they went", async () => {
  const elements = new Map<Element["id"], Element>();
  const context = quietContext({ elements: () => elements });
  const probe = memoryOvercommitProbe(proc, { limit: 1.5, reservedBytes: 0 });
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
