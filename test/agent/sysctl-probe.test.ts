import { expect, test } from "vitest";
import { sysctlProbe } from "../../agent/findings/sysctl-probe.ts";
import type { ProcReader } from "../../agent/proc-reader.ts";
import { eventually } from "../fixtures/eventually.ts";
import { quietContext } from "./probe-context.ts";

test("a setting that changes is told of when it changes, and what stays as it is is not told again", async () => {
  let [swappiness, reads, told] = ["60", 0, 0];
  const files: { readonly [path: string]: () => string } = {
    "/proc/sys/kernel/ostype": () => "Linux\n",
    "/proc/sys/vm/swappiness": () => swappiness,
    "/proc/meminfo": () => {
      reads++;
      return "MemTotal: 1 kB\n";
    },
  };
  const proc: ProcReader = { text: (path) => files[path]?.(), names: () => [], link: () => undefined };
  const over = new AbortController();
  const context = quietContext({ signal: over.signal, changed: () => void told++ });
  const session = await sysctlProbe(proc, { readEveryMs: 1 }).detect(context);
  const said = () => session?.contribute?.({ host: "a", kernel: undefined }).attributes;
  expect([...(said() ?? [])]).toEqual([["host/a", { "sysctl.vm.swappiness": "60" }]]);
  await eventually(() => reads > 5, { what: "five readings" });
  expect(told).toBe(0);
  swappiness = "10";
  await eventually(() => told === 1, { what: "the change" });
  expect([...(said() ?? [])]).toEqual([["host/a", { "sysctl.vm.swappiness": "10" }]]);
  const readsThen = reads;
  await eventually(() => reads > readsThen + 5, { what: "five more" });
  expect(told).toBe(1);
  over.abort();
});

test("a host without /proc/sys is said to have none", async () => {
  const bare: ProcReader = { text: () => undefined, names: () => [], link: () => undefined };
  expect(await sysctlProbe(bare).detect(quietContext())).toBeUndefined();
});
