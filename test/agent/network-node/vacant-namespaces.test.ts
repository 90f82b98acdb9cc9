import { expect, test } from "vitest";
import type { KnownNamespace } from "../../../agent/metrics/interface-probe.ts";
import { createVacantNamespaces } from "../../../agent/network-node/vacant-namespaces.ts";
import type { LineRunner } from "../../../agent/topology/line-command.ts";
import { epochMsOf } from "../../../core/clock.ts";

const of = (name: string, inode: number, pid?: number): KnownNamespace => ({ name, inode, pid, interfaces: new Map() });

test("namespaces that nobody lives in are read once a minute, all by one command, and those in turn that are too many", async () => {
  let nowMs = 1_000;
  const clock = { now: () => epochMsOf(nowMs), monotonicMs: () => nowMs };
  let known: readonly KnownNamespace[] = [of("lived", 1, 77), of("a", 2), of("b", 3), of("bad name", 4)];
  const asked: string[][] = [];
  const run: LineRunner = async ({ input = "" }, onLine) => {
    const names = input.split("\n").filter((name) => name !== "");
    asked.push(names);
    for (const name of names) {
      onLine(`:${name}`);
      if (name === "b") continue;
      for (const line of ["Inter-| x", "    lo: 1 2", "entries  drop", "00000003  00000000"]) onLine(line);
    }
    return true;
  };
  const vacant = createVacantNamespaces({ namespaces: () => known, clock });
  await vacant.refresh(run);
  await vacant.refresh(run);
  expect(asked, "names with blanks are no names of Neutron's, and a shell would break them").toEqual([["a", "b"]]);
  expect([...vacant.readings], "b could not be entered").toEqual([
    [
      "a",
      { inode: 2, at: 1_000, netDev: "Inter-| x\n    lo: 1 2\n", conntrackStat: "entries  drop\n00000003  00000000" },
    ],
  ]);

  nowMs = 61_000;
  known = Array.from({ length: 150 }, (_, n) => of(`n${n}`, n));
  await vacant.refresh(run);
  nowMs = 121_000;
  await vacant.refresh(run);
  expect(asked.slice(1).map((names) => names.length)).toEqual([100, 100]);
  expect(vacant.readings.size).toBe(150);
});
