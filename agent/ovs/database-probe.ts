import { existsSync } from "node:fs";
import type { Log } from "../../core/log.ts";
import type { HostView, Probe, ProbeContext, ProbeSession } from "../probe.ts";
import type { ProcReader } from "../proc-reader.ts";
import { interfaceLines } from "./interface-lines.ts";
import { createInterfaceStatistics, type InterfaceStatistics, STATISTICS_REQUESTS } from "./interface-statistics.ts";
import { createInterfaceTeller } from "./interface-teller.ts";
import { connectJsonRpc } from "./json-rpc-connection.ts";
import { hasHardwareOffload, type OvsContribution, ovsContribution } from "./ovs-elements.ts";
import { type OvsDatabase, parseDatabase } from "./ovs-rows.ts";
import { applyUpdate2, monitorRequests, parseSchema, type Tables } from "./replica.ts";
import { type OvsPlaces, vswitchdNamespace } from "./vswitchd-process.ts";

const DATABASE = "Open_vSwitch";
/** Names of the two monitors, which come back in each notification. */
const [TOPOLOGY, STATISTICS] = ["topology", "statistics"];

const SERVER = {
  name: "Open vSwitch database",
  code: "agent.ovsdb",
  hint: "is ovsdb-server running, and may the agent read its socket (it belongs to root)?",
};

export interface DatabaseProbe extends Probe {
  /** As the database said last; undefined before it said anything. */
  hasHardwareOffload(): boolean | undefined;
}

/**
 * Follows the database of Open vSwitch (RFC 7047 with ovsdb-server(7)'s `monitor_cond`): topology, and the counters of
 * interfaces that no other source has. Each connection starts from a whole state, so a restart loses nothing.
 */
export function databaseProbe(
  places: OvsPlaces,
  deps: { readonly proc: ProcReader; readonly log: Log },
): DatabaseProbe {
  let followed: FollowedDatabase | undefined;
  const daemon = rememberedNamespace(() => vswitchdNamespace(deps.proc, places));
  return {
    name: "openvswitch",
    async detect(context) {
      if (!existsSync(places.databaseSocket)) return undefined;
      const closed = Promise.withResolvers<string>();
      followed = await followDatabase(places.databaseSocket, context, closed.resolve);
      const bridges = followed.database().bridges.length;
      deps.log.info({ socket: places.databaseSocket, bridges }, "Open vSwitch database followed");
      return databaseSession(followed, daemon, closed.promise);
    },
    hasHardwareOffload: () => (followed === undefined ? undefined : hasHardwareOffload(followed.database())),
  };
}

interface FollowedDatabase {
  /** As it is now; the same object until something changes. */
  database(): OvsDatabase;
  readonly statistics: InterfaceStatistics;
}

async function followDatabase(
  socketPath: string,
  context: ProbeContext,
  onClose: (reason: string) => void,
): Promise<FollowedDatabase> {
  const statistics = createInterfaceStatistics();
  let tables: Tables = {};
  let parsed: OvsDatabase | undefined;
  let onTopology: (updates: unknown) => void = () => {};
  let onStatistics: (updates: unknown) => void = () => {};
  const connection = await connectJsonRpc(socketPath, SERVER, {
    onNotification(method, [monitor, updates]) {
      if (method === "update2") (monitor === STATISTICS ? onStatistics : onTopology)(updates);
    },
    onClose,
  });
  if (context.signal.aborted) connection.close();
  context.signal.addEventListener("abort", () => connection.close(), { once: true });
  const schema = parseSchema(await connection.call("get_schema", [DATABASE]));
  // A reply comes before the first notification, but its promise is settled after: both go through here, in order.
  const early: unknown[] = [];
  onTopology = (updates) => early.push(updates);
  const initial = await connection.call("monitor_cond", [DATABASE, TOPOLOGY, monitorRequests(schema)]);
  tables = [initial, ...early].reduce<Tables>((state, updates) => applyUpdate2(schema, state, updates), {});
  onTopology = (updates) => {
    tables = applyUpdate2(schema, tables, updates);
    parsed = undefined;
    context.changed();
  };
  const earlyStatistics: unknown[] = [];
  onStatistics = (updates) => earlyStatistics.push(updates);
  statistics.apply(await connection.call("monitor_cond", [DATABASE, STATISTICS, STATISTICS_REQUESTS]));
  earlyStatistics.forEach(statistics.apply);
  onStatistics = statistics.apply;
  return {
    database() {
      parsed ??= parseDatabase(tables);
      return parsed;
    },
    statistics,
  };
}

/** The network namespace of ovs-vswitchd, as its inode. */
interface DaemonNamespace {
  /** Undefined while it does not run. */
  now(): number | undefined;
  /** Where it was last: what it made there stays while it is restarted. */
  last(): number | undefined;
}

function rememberedNamespace(now: () => number | undefined): DaemonNamespace {
  let last: number | undefined;
  return {
    now,
    last() {
      last = now() ?? last;
      return last;
    },
  };
}

function databaseSession(
  { database, statistics }: FollowedDatabase,
  daemon: DaemonNamespace,
  ended: Promise<string>,
): ProbeSession {
  const tell = createInterfaceTeller();
  let last: { readonly of: readonly unknown[]; readonly contribution: OvsContribution } | undefined;

  /** Asked whenever any source says something: made anew only when what it rests on is another. */
  function contribute({ host, kernel }: HostView): OvsContribution {
    const vswitchdInode = daemon.last();
    const of = [database(), kernel, vswitchdInode];
    if (last === undefined || of.some((it, i) => it !== last?.of[i])) {
      last = {
        of,
        contribution: ovsContribution(host, database(), { readings: kernel?.readings ?? [], vswitchdInode }),
      };
    }
    return last.contribution;
  }

  return {
    ended,
    contribute,
    sample(at, sink) {
      // Without its daemon the database holds the counters of a while ago.
      if (last === undefined || (daemon.last() !== undefined && daemon.now() === undefined)) return;
      const { counted } = last.contribution;
      tell(interfaceLines({ database: database(), countersOf: statistics.of, counted }), at, sink);
    },
  };
}
