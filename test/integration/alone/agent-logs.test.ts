import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { logProbes } from "../../../agent/logs/log-probes.ts";
import { createSavedState } from "../../../agent/logs/saved-state.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { systemClock } from "../../../core/clock.ts";
import { hostId, interfaceId } from "../../../core/element-id.ts";
import type { HostEvent } from "../../../core/host-event.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import type { Point } from "../../../core/line-protocol.ts";
import { silentLog } from "../../../core/log.ts";
import { LOG_METRICS } from "../../../core/metrics/log-metrics.ts";
import { cataloguedWords, wordsOf } from "../../agent/catalogue-agreement.ts";
import { quietContext } from "../../agent/probe-context.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { run } from "../fixtures/command.ts";
import { limitMemory } from "../fixtures/memory-limit.ts";
import { startRunningAgent } from "../fixtures/running-agent.ts";

const HOST = "log-host";
const ERROR = "2026-11-30 23:01:35.123 12 ERROR nova.compute.manager [-] it failed\n";

let lifetime: Lifetime;
let folder: string;
let log: string;
let stateFolder: string;

beforeEach(() => {
  lifetime = new Lifetime();
  folder = mkdtempSync(join(tmpdir(), "nephoscope-logs-"));
  lifetime.defer("folder", () => rmSync(folder, { recursive: true }));
  stateFolder = join(folder, "state");
  mkdirSync(join(folder, "nova"), { mode: 0o755 });
  log = join(folder, "nova/nova-compute.log");
  writeFileSync(log, ERROR);
});
afterEach(() => lifetime.end());

const files = () => [{ glob: join(folder, "nova/*.log"), family: "oslo" as const }];
const mark = { name: "mark", severity: "info", event: true } as const;

/** The probes of logs alone, without an agent: what they report is seen here. */
async function startProbes(expression = "nephoscope-never") {
  const ended = new AbortController();
  const events: HostEvent[] = [];
  const points: Point[] = [];
  const nic = interfaceId(HOST, undefined, "ens1f0");
  const context = quietContext({
    signal: ended.signal,
    report: (event) => events.push(event),
    elements: () => new Map([[nic, { id: nic, kind: "nic" as const, name: "ens1f0", cluster: "", attributes: {} }]]),
  });
  const logs = { files: files(), patterns: [{ ...mark, expression }] };
  const deps = { proc: createProcReader(), clock: systemClock, log: silentLog };
  const sessions = await Promise.all(
    logProbes({ host: HOST, logs, stateFolder }, deps).map((it) => it.detect(context)),
  );
  const sample = async () => {
    points.length = 0;
    for (const it of sessions) await it?.sample?.(systemClock.now(), (point) => points.push(point));
  };
  await sample();
  lifetime.defer("probes", () => ended.abort());
  const count = (source: string, pattern: string) =>
    points.find(({ tags }) => tags.source === source && tags.pattern === pattern)?.fields.lines;
  return { events, points, sample, count, end: () => ended.abort() };
}

test("a process that the kernel kills for want of memory is counted and told, with its name", async () => {
  const { events, sample, count, points } = await startProbes();
  expect(count("kernel", "oom-kill")).toEqual({ int: 0 });
  const begun = systemClock.now();
  const [file = "", ...args] = limitMemory(lifetime, 20_000_000);
  const greedy = spawn(file, [
    ...args,
    process.execPath,
    "-e",
    "for (const all = []; ; ) all.push(Buffer.alloc(1e6, 1))",
  ]);
  lifetime.defer("greedy process", () => void greedy.kill("SIGKILL"));
  const [, signal] = await once(greedy, "exit");
  expect(signal).toBe("SIGKILL");
  const killed = await eventually(
    async () => {
      await sample();
      return events.find(({ kind }) => kind === "oom-kill");
    },
    { what: "the event" },
  );
  expect(killed).toMatchObject({ element: hostId(HOST), severity: "critical" });
  expect(killed.text).toContain(`Killed process ${greedy.pid}`);
  expect(killed.attributes.memory_group).toContain("nephoscope-test");
  expect(killed.at).toBeGreaterThanOrEqual(begun - 1_000);
  expect(killed.at).toBeLessThanOrEqual(systemClock.now());
  expect(count("kernel", "oom-kill")).toEqual({ int: 1 });
  expect(wordsOf(points)).toEqual(cataloguedWords(Object.keys(LOG_METRICS)));
});

test("what others write into the kernel's log is only looked through for what is configured; what was there before is not", async () => {
  const word = `nephoscope-${process.pid}-${Math.trunc(performance.now())}`;
  writeFileSync("/dev/kmsg", `<4>${word} before\n`);
  const first = await startProbes(`${word} \\w+`);
  writeFileSync("/dev/kmsg", `<4>${word} after\n`);
  writeFileSync("/dev/kmsg", "<4>nf_conntrack: nf_conntrack: table full, dropping packet\n");
  await first.sample();
  expect(first.events.map(({ text, kind }) => [kind, text])).toEqual([["log-match", `${word} after`]]);
  expect([first.count("kernel", "mark"), first.count("kernel", "conntrack-full")]).toEqual([{ int: 1 }, { int: 0 }]);
  await first.sample();
  first.end();
  writeFileSync("/dev/kmsg", `<4>${word} meanwhile\n`);
  const second = await startProbes(`${word} \\w+`);
  await second.sample();
  expect(second.events.map(({ text }) => text)).toEqual([`${word} meanwhile`]);
});

test("after a boot all is counted that the kernel said since, though no agent ran", async () => {
  const word = `nephoscope-boot-${process.pid}-${Math.trunc(performance.now())}`;
  writeFileSync("/dev/kmsg", `<4>${word} early\n`);
  await createSavedState(stateFolder, "log-kernel", silentLog).save({ bootId: "of the boot before", sequence: 9e9 });
  const { events, sample } = await startProbes(`${word} \\w+`);
  await sample();
  expect(events.map(({ text }) => text).filter((text) => text.startsWith(word))).toEqual([`${word} early`]);
});

test("logrotate renames or copies and cuts a log that is written to: an agent counts each line once", async () => {
  const { collector } = await startRunningAgent(lifetime, {
    intervalMs: 200,
    stateFolder,
    logs: { files: files(), patterns: [] },
  });
  const lines = () =>
    collector.writes.flatMap((write) =>
      write.lines.flatMap((it) => /^log,.*pattern=error,source=nova-compute lines=(\d+)i/.exec(it)?.[1] ?? []),
    );
  const counted = (count: number) =>
    eventually(() => lines().at(-1) === String(count), { what: () => `${count} lines, it is ${lines().at(-1)}` });
  await counted(0);
  let written = 0;
  const write = (count: number) => {
    appendFileSync(log, ERROR.repeat(count));
    written += count;
  };
  for (const way of ["create", "copytruncate", "create", "copytruncate"]) {
    write(10);
    await counted(written);
    write(7);
    const rules = join(folder, "logrotate.conf");
    writeFileSync(rules, `${log} {\n rotate 5\n ${way}\n delaycompress\n compress\n missingok\n}\n`, { mode: 0o644 });
    await run("logrotate", "--force", "--state", join(folder, "logrotate.state"), rules);
    write(5);
    await counted(written);
  }
  expect(lines().map(Number)).toEqual(
    lines()
      .map(Number)
      .toSorted((a, b) => a - b),
  );
});

test("probes that start again go on behind what was counted, through a rotation, and tell each line once", async () => {
  const first = await startProbes();
  appendFileSync(log, ERROR);
  await first.sample();
  expect(first.events.map(({ text }) => text)).toEqual([ERROR.trim()]);
  await first.sample();
  first.end();
  appendFileSync(log, ERROR.replace("it failed", "while away"));
  await run("mv", log, `${log}.1`);
  writeFileSync(log, ERROR.replace("it failed", "in the new file"));
  const second = await startProbes();
  expect(second.count("nova-compute", "error"), "else the lines written meanwhile were no increase").toEqual({
    int: 0,
  });
  await second.sample();
  expect(second.events.map(({ text }) => text.slice(-15))).toEqual(
    ["[-] while away", "in the new file"].map((it) => expect.stringContaining(it.slice(-10))),
  );
  expect(second.count("nova-compute", "error")).toEqual({ int: 2 });
});
