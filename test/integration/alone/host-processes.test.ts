import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ProbeSession } from "../../../agent/probe.ts";
import { createProcReader } from "../../../agent/proc-reader.ts";
import { processProbe } from "../../../agent/processes/process-probe.ts";
import { systemClock } from "../../../core/clock.ts";
import type { HostEvent } from "../../../core/host-event.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import type { Point } from "../../../core/line-protocol.ts";
import { quietContext } from "../../agent/probe-context.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { background, endProcess, isAlive, run } from "../fixtures/command.ts";

let lifetime: Lifetime;
let folder: string;
let events: HostEvent[];
let session: ProbeSession;

/** Nobody else's processes have names that begin like this. */
const name = (what: string) => `nst${process.pid.toString(36)}-${what}`;

beforeEach(async () => {
  lifetime = new Lifetime();
  folder = await mkdtemp(join(tmpdir(), "nephoscope-processes-"));
  lifetime.defer("folder", () => rm(folder, { recursive: true, force: true }));
  events = [];
  const options = { host: "a", top: 0, cpuThreshold: 1, watched: [name("ovsdb-server"), name("*-of-neutron")] };
  const context = quietContext({ report: (event) => void events.push(event) });
  const found = await processProbe(options, { proc: createProcReader(), clock: systemClock }).detect(context);
  if (found === undefined) throw new Error("no processes on this host");
  session = found;
});
afterEach(() => lifetime.end());

async function sample(): Promise<readonly Point[]> {
  const points: Point[] = [];
  await session.sample?.(systemClock.now(), (point) => void points.push(point));
  return points;
}
/** Samples until there is a line of this name that is as expected. */
function processLine(comm: string, fits: (point: Point) => boolean = () => true): Promise<Point> {
  const find = async () => (await sample()).find((point) => point.tags.comm === comm && fits(point));
  return eventually(find, { what: `a line of process ${comm}` });
}
const counts = (count: number) => (point: Point) =>
  JSON.stringify(point.fields.count) === JSON.stringify({ int: count });
const intOf = (point: Point, field: string) => Number(JSON.stringify(point.fields[field]).replaceAll(/\D/g, ""));
const told = (kind: string) =>
  eventually(
    async () => {
      await sample();
      return events.find((event) => event.kind === kind);
    },
    { what: kind },
  );

/** A script of Perl, which every Debian has, that runs under its own name. */
async function script(comm: string, text: string): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const path = join(folder, comm);
  await writeFile(path, `#!/usr/bin/perl\n${text}\n`);
  await chmod(path, 0o755);
  const started = background(path, []);
  lifetime.defer(comm, started.stop);
  return started;
}

/** ovsdb-server under another name, in the background with a monitor that starts it anew when it crashes. */
async function startDatabase(comm: string): Promise<number> {
  const program = join(folder, comm);
  await copyFile("/usr/sbin/ovsdb-server", program);
  await run("ovsdb-tool", "create", join(folder, "db"), "/usr/share/openvswitch/vswitch.ovsschema").catch(() => "");
  const files = [`--pidfile=${folder}/pid`, `--unixctl=${folder}/ctl`, `--log-file=${folder}/log`];
  await run(program, join(folder, "db"), ...files, "--detach", "--no-chdir", "--monitor");
  const pid = await databasePid();
  lifetime.defer(comm, async () => {
    await endMonitorOf(await databasePid().catch(() => 0));
  });
  return pid;
}
const databasePid = async () => Number(await readFile(join(folder, "pid"), "utf8"));

const isAnother = (pid: number, first: number) => (pid !== first && isAlive(pid) ? pid : undefined);

/** Ends a daemon and, first, the monitor that would start it anew. */
async function endMonitorOf(pid: number): Promise<void> {
  if (pid === 0 || !isAlive(pid)) return;
  const monitor = Number(/^.*\) . (\d+)/s.exec(await readFile(`/proc/${pid}/stat`, "latin1"))?.[1]);
  await endProcess(monitor);
  await endProcess(pid);
}

test("a daemon that crashes and is started anew by its monitor, is taken away, and is back: told once each, and counted on", async () => {
  const comm = name("ovsdb-server");
  const first = await startDatabase(comm);
  await processLine(comm, counts(1));
  const before = await processLine(comm, counts(1));

  process.kill(first, "SIGSEGV");
  // Samples are seconds apart where they are taken in earnest.
  const second = await eventually(async () => isAnother(await databasePid().catch(() => first), first), {
    what: "another process",
  });
  const restarted = await told("process-restarted");
  expect(restarted).toMatchObject({
    element: `host/a/process/${comm}`,
    severity: "warning",
    attributes: { process: comm },
  });
  expect(restarted.text).toBe(`${comm} was started anew: process ${second} instead of ${first}`);
  expect(Math.abs(restarted.at - systemClock.now())).toBeLessThan(30_000);
  const after = await processLine(comm, counts(1));
  expect(Number(after.fields.cpu_s)).toBeGreaterThanOrEqual(Number(before.fields.cpu_s));

  await endMonitorOf(second);
  expect(await told("process-missing")).toMatchObject({ element: `host/a/process/${comm}` });
  const gone = await processLine(comm);
  expect(gone.fields).toMatchObject({ count: { int: 0 }, rss_bytes: { int: 0 }, cpu_s: after.fields.cpu_s });

  await startDatabase(comm);
  await told("process-back");
  const ours = events.filter(({ attributes }) => attributes.process === comm).map(({ kind }) => kind);
  expect(ours).toEqual(["process-restarted", "process-missing", "process-back"]);
});

test("a script whose name is longer than the kernel keeps goes by its name, and says what it wrote and how it waits", async () => {
  const comm = name("openvswitch-agent-of-neutron");
  const text = `use IO::Handle; open(my $f, ">", "$0.data"); print $f "x" x 8388608; $f->flush; $f->sync; sleep 600;`;
  // What processes moved before the first sample is not counted.
  await sample();
  const { pid } = await script(comm, text);
  expect(await readFile(`/proc/${pid}/comm`, "utf8")).toBe(`${comm.slice(0, 15)}\n`);
  const line = await processLine(comm, (point) => intOf(point, "write_bytes") >= 8_388_608);
  expect(line.fields).toMatchObject({ count: { int: 1 }, threads: { int: 1 } });
  await processLine(comm, (point) => intOf(point, "sleeping") === 1);
});

test("an ended child that nobody asked about is a zombie of the host", async () => {
  const zombiesOf = (points: readonly Point[]) =>
    points.flatMap((point) => (point.measurement === "processes" ? [intOf(point, "zombies")] : []))[0] ?? 0;
  const before = zombiesOf(await sample());
  const asked = "waitpid($child, 0); exit;";
  const { pid } = await script(name("parent"), `my $child = fork or exit; $SIG{TERM} = sub { ${asked} }; sleep 600;`);
  await eventually(async () => zombiesOf(await sample()) > before, { what: "a zombie" });
  await endProcess(pid);
});

test("QEMU goes by the name of its machine, and is the same after it was started anew; nobody is told that it restarted", async () => {
  const guest = name("instance-0000002a");
  const machine = ["-machine", "none", "-nodefaults", "-display", "none", "-S"];
  const start = () => background("qemu-system-x86_64", ["-name", `guest=${guest},debug-threads=on`, ...machine]);
  const first = start();
  lifetime.defer("machine", first.stop);
  const isIt = ({ tags }: Point) => tags.guest === guest;
  const [before, again] = [await processLine("qemu", isIt), await processLine("qemu", isIt)];
  expect(again.tags).toEqual({ comm: "qemu", guest });
  expect(intOf(again, "rss_bytes")).toBeGreaterThan(1_000_000);
  await first.stop();
  const second = start();
  lifetime.defer("machine, again", second.stop);
  const anew = await processLine("qemu", isIt);
  expect(anew.tags).toEqual(before.tags);
  expect(Number(anew.fields.cpu_s)).toBeGreaterThanOrEqual(Number(again.fields.cpu_s));
  expect(events).toEqual([]);
});
