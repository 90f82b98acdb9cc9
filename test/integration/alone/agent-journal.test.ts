import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { journalProbe } from "../../../agent/logs/journal-probe.ts";
import { systemClock } from "../../../core/clock.ts";
import type { HostEvent } from "../../../core/host-event.ts";
import { Lifetime } from "../../../core/lifetime.ts";
import { silentLog } from "../../../core/log.ts";
import { quietContext } from "../../agent/probe-context.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { background, run } from "../fixtures/command.ts";

/** journald with folders of its own, which are empty file systems in a namespace that is told by this process's id. */
const SCRIPT = `
  mount --make-rprivate /
  mount -t tmpfs none /run/systemd && mkdir /run/systemd/journal
  mount --bind "$0" /run/log
  exec /lib/systemd/systemd-journald`;

let lifetime: Lifetime;
let folder: string;
let journald: number;

beforeEach(async () => {
  lifetime = new Lifetime();
  folder = mkdtempSync(join(tmpdir(), "nephoscope-journal-"));
  lifetime.defer("folder", () => rmSync(folder, { recursive: true }));
  const server = background("unshare", ["--mount", "sh", "-c", SCRIPT, folder]);
  lifetime.defer("journald", server.stop);
  journald = server.pid;
  await eventually(() => existsSync(join(folder, "journal")), { what: "the journal" });
  await eventually(() => existsSync(`/proc/${journald}/root/run/systemd/journal/stdout`), { what: "journald" });
});
afterEach(() => lifetime.end());

/** What a service of this name says to journald. */
const say = (identifier: string, text: string) =>
  run("nsenter", `--mount=/proc/${journald}/ns/mnt`, "systemd-cat", "-t", identifier, "echo", text);

const written = () =>
  run("journalctl", `--directory=${join(folder, "journal")}`, "--output=cat", "--quiet").catch(() => "");

async function startProbe() {
  const ended = new AbortController();
  lifetime.defer("probe", () => ended.abort());
  const events: HostEvent[] = [];
  const [machine = ""] = readdirSync(join(folder, "journal"));
  const probe = journalProbe(
    {
      host: "h",
      patterns: [],
      stateFolder: join(folder, "state"),
      hasFiles: () => false,
      fileSources: () => new Set(["neutron-server"]),
      folder: join(folder, "journal", machine),
    },
    { clock: systemClock, log: silentLog },
  );
  const session = await probe.detect(quietContext({ signal: ended.signal, report: (event) => events.push(event) }));
  const counts = new Map<string, unknown>();
  const sample = async () =>
    session?.sample?.(systemClock.now(), ({ tags, fields }) =>
      counts.set(`${tags.source} ${tags.pattern}`, fields.lines),
    );
  const until = (text: string) =>
    eventually(
      async () => {
        await sample();
        return events.some((event) => event.text.includes(text));
      },
      { what: text },
    );
  return { events, counts, until, session, end: () => ended.abort() };
}

test("errors of services that log into the journal are counted once, through a restart; those that are read from files are not", async () => {
  await say("nova-compute", "ERROR nova.compute.manager [-] before all");
  // journald writes when it gets to it.
  await eventually(async () => (await written()).includes("before all"), { what: "the line in the journal" });
  const first = await startProbe();
  // Until journalctl follows.
  await eventually(async () => {
    await say("nova-compute", "CRITICAL nova [-] ready?");
    await first.session?.sample?.(systemClock.now(), () => {});
    return first.events.length > 0;
  });
  await say("neutron-server", "ERROR neutron [-] in a file, too");
  await say("nova-compute", "ERROR nova.compute.manager [-] the first");
  await first.until("the first");
  first.end();
  await first.session?.ended;
  await say("nova-compute", "ERROR nova.compute.manager [-] meanwhile");
  const second = await startProbe();
  await second.until("meanwhile");
  const errors = [...first.events, ...second.events].filter(({ attributes }) => attributes.pattern === "error");
  expect(errors.map(({ text }) => text.slice(31))).toEqual(["the first", "meanwhile"]);
  expect(second.counts.get("nova-compute error")).toEqual({ int: 1 });
  expect(second.counts.has("neutron-server error")).toBe(false);
});
