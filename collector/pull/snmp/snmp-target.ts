import type { EpochMs } from "../../../core/clock.ts";
import { formatPoint, type Point } from "../../../core/line-protocol.ts";
import { askedInVain } from "../asked.ts";
import type { PullProblem } from "../problem.ts";
import type { Pulled } from "../pulled-target.ts";
import { COLUMNS, interfacePoints, type Row } from "./interfaces.ts";
import type { SnmpJob } from "./job.ts";
import { openSession, type SnmpSession, type SwitchAddress } from "./session.ts";
import { noAnswer, snmpProblem } from "./snmp-problem.ts";
import { walkColumns } from "./walk.ts";

const SYS_UP_TIME = "1.3.6.1.2.1.1.3.0";
const SYS_NAME = "1.3.6.1.2.1.1.5.0";
/** sysUpTime counts hundredths of a second. */
const TICKS_PER_SECOND = 100;
const SNMP_PORT = 161;

/** `host`, `host:port`, `[v6]:port`; undefined when it is none of these. */
export function switchAddress(text: string): SwitchAddress | undefined {
  const url = URL.parse(`snmp://${text}`);
  if (url === null || url.hostname === "" || url.username !== "" || /[/?#@]/.test(text)) return undefined;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: url.port === "" ? SNMP_PORT : Number(url.port) };
}

/** A switch whose interfaces are read by SNMP. */
export function switchTarget(address: SwitchAddress, job: SnmpJob): Pulled {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const instance = `${host}:${address.port}`;
  const labels = { ...job.labels, cluster: job.cluster, instance, job: job.job };
  return {
    key: `snmp ${job.job} ${instance}`,
    about: {
      kind: "snmp",
      job: job.job,
      instance,
      url: `snmp://${instance}`,
      labels,
      intervalMs: job.intervalMs,
      timeoutMs: job.timeoutMs,
    },
    ask: async (at, lines, signal) => {
      const told = await readSwitch({ address, job }, signal);
      if ("reason" in told) return askedInVain(told);
      let samples = 0;
      for (const point of switchPoints(told, job, at)) {
        const line = formatPoint(point);
        if (line === undefined) continue;
        lines.add(line);
        samples += Object.values(point.fields).filter((value) => value !== undefined).length;
      }
      return { samples, kept: samples, added: 0, host: told.host };
    },
    // Measurements of the catalogue have no stale marker: they end by look-back, and `up` says at once that nothing comes.
    end: () => {},
  };
}

interface Told {
  readonly host: string;
  readonly uptimeSeconds: number | undefined;
  /** Interfaces by their ifIndex. */
  readonly rows: ReadonlyMap<string, Row>;
}

interface Asking {
  readonly address: SwitchAddress;
  readonly job: SnmpJob;
}

async function readSwitch(asking: Asking, signal: AbortSignal): Promise<Told | PullProblem> {
  const { address, job } = asking;
  const session = await openSession(address, job, signal);
  if ("reason" in session) return session;
  try {
    return await askSwitch(session, asking);
  } catch (error) {
    // What a device says may be anything: a reply net-snmp cannot read is as good as none.
    return signal.aborted ? tooSlow(job) : snmpProblem(error, job);
  } finally {
    session.close();
  }
}

/** Errors: net-snmp's; RangeError when there are too many interfaces. */
async function askSwitch(session: SnmpSession, { address, job }: Asking): Promise<Told | PullProblem> {
  const [name, uptime] = await session.get([SYS_NAME, SYS_UP_TIME]);
  const rows = await walkColumns(session.getBulk, COLUMNS, job.maxRepetitions);
  if (name?.cell === undefined && rows.size === 0) {
    return {
      reason: "the switch answers, but shows neither its name nor an interface",
      hint: "let this user or community see SNMPv2-MIB::system and IF-MIB (a view on the switch leaves them out)",
    };
  }
  const host = typeof name?.cell === "string" && name.cell !== "" ? name.cell : address.host;
  return { host, rows, uptimeSeconds: typeof uptime?.cell === "number" ? uptime.cell / TICKS_PER_SECOND : undefined };
}

function switchPoints(
  { host, rows, uptimeSeconds }: Told,
  { cluster, labels }: SnmpJob,
  at: EpochMs,
): readonly Point[] {
  const tags = { ...labels, host, cluster };
  const fields = { uptime_s: uptimeSeconds, interfaces: { int: rows.size } };
  return [{ measurement: "switch", tags, fields, at }, ...interfacePoints(rows, { host, cluster, labels }, at)];
}

function tooSlow(job: SnmpJob): PullProblem {
  return { ...noAnswer(job), reason: `not all of it was told within ${job.timeoutMs} ms` };
}
