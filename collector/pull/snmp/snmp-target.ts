import { formatPoint } from "../../../core/line-protocol.ts";
import { type Asked, askedInVain } from "../asked.ts";
import type { PullProblem } from "../problem.ts";
import type { RoundLines } from "../pull-writer.ts";
import type { Pulled } from "../pulled-target.ts";
import { COLUMNS, interfaceLines } from "./interfaces.ts";
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
      const session = await openSession(address, job, signal);
      if ("reason" in session) return askedInVain(session);
      try {
        return await readSwitch(session, { address, job }, (name, rows, uptimeSeconds) => {
          const identity = { host: name, cluster: job.cluster, labels: job.labels };
          const tags = { ...job.labels, host: name, cluster: job.cluster };
          const fields = { uptime_s: uptimeSeconds, interfaces: { int: rows.size } };
          const own = formatPoint({ measurement: "switch", tags, fields, at });
          return addLines([...(own === undefined ? [] : [own]), ...interfaceLines(rows, identity, at)], lines);
        });
      } catch (error) {
        // What a device says may be anything: a reply net-snmp cannot read is as good as none.
        return askedInVain(signal.aborted ? tooSlow(job) : snmpProblem(error, job));
      } finally {
        session.close();
      }
    },
    end: () => {},
  };
}

type Rows = Parameters<typeof interfaceLines>[0];

async function readSwitch(
  session: SnmpSession,
  { address, job }: { readonly address: SwitchAddress; readonly job: SnmpJob },
  take: (name: string, rows: Rows, uptimeSeconds: number | undefined) => Asked,
): Promise<Asked> {
  const [name, uptime] = await session.get([SYS_NAME, SYS_UP_TIME]);
  const rows = await walkColumns(session.getBulk, COLUMNS, job.maxRepetitions);
  if (name?.cell === undefined && rows.size === 0) {
    return askedInVain({
      reason: "the switch answers, but shows neither its name nor an interface",
      hint: "let this user or community see SNMPv2-MIB::system and IF-MIB (a view on the switch leaves them out)",
    });
  }
  const host = typeof name?.cell === "string" && name.cell !== "" ? name.cell : address.host;
  return take(host, rows, typeof uptime?.cell === "number" ? uptime.cell / TICKS_PER_SECOND : undefined);
}

function addLines(made: readonly string[], lines: RoundLines): Asked {
  let samples = 0;
  for (const line of made) {
    lines.add(line);
    samples++;
  }
  return { samples, kept: samples, added: 0 };
}

function tooSlow(job: SnmpJob): PullProblem {
  return { ...noAnswer(job), reason: `not all of it was told within ${job.timeoutMs} ms` };
}
