import { expect, test } from "vitest";
import { MAX_PROCESSES_WITH_IO, NO_IO, parseProcessIo, stepIo } from "../../agent/processes/process-io.ts";
import { reportedNames, stepProcesses } from "../../agent/processes/process-table.ts";
import { epochMsOf } from "../../core/clock.ts";
import { sampledProcess } from "./sampled-process.ts";

const TEXT = `rchar: 323934931
wchar: 323929600
syscr: 632687
syscw: 632675
read_bytes: 4096
write_bytes: 323932160
cancelled_write_bytes: 0
`;
const named = (...keys: readonly string[]) =>
  reportedNames(
    stepProcesses(
      undefined,
      keys.map((key) => sampledProcess({ key, comm: "a" }, {}, { isWatched: true })),
      { top: 0, cpuThreshold: 1 },
      epochMsOf(0),
    ),
  );
const reading = (read: { readonly [pid: string]: number }, newOnes: readonly string[] = []) => ({
  readIo: (pid: string) => {
    const readBytes = read[pid];
    return readBytes === undefined ? undefined : { readBytes, writeBytes: 0 };
  },
  isNew: (key: string) => newOnes.includes(key),
});
const readOf = (table: typeof NO_IO) => table.byName.get("a")?.readBytes;

test("what went to disks, not what went to the page cache", () => {
  expect(parseProcessIo(TEXT)).toEqual({ readBytes: 4096, writeBytes: 323_932_160 });
  expect(parseProcessIo("")).toBeUndefined();
});

test("the bytes of a name go on rising when one of its processes ends and when all are started anew", () => {
  const first = stepIo(NO_IO, named("1", "2"), reading({ 1: 100, 2: 50 }));
  const oneLess = stepIo(first, named("1"), reading({ 1: 110 }));
  const none = stepIo(oneLess, named("1"), reading({}));
  const anew = stepIo(none, named("3"), reading({ 3: 7 }, ["3"]));
  expect([first, oneLess, none, anew].map(readOf)).toEqual([0, 10, 10, 17]);
});

test("a name whose files may not be read, or that has very many processes, has no bytes rather than none moved", () => {
  expect(readOf(stepIo(NO_IO, named("1"), reading({})))).toBeUndefined();
  const many = Array.from({ length: MAX_PROCESSES_WITH_IO + 1 }, (_, n) => String(n));
  expect(
    readOf(stepIo(NO_IO, named(...many), reading(Object.fromEntries(many.map((pid) => [pid, 1]))))),
  ).toBeUndefined();
});
