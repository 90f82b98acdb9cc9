import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import type { ProcReader } from "../proc-reader.ts";
import { type OvsDatabase, parseDatabase } from "./ovs-rows.ts";
import { connectOvsdb, type OvsdbConnection } from "./ovsdb-connection.ts";
import { applyUpdate2, monitorRequests, parseSchema, type Tables } from "./replica.ts";

const DATABASE = "Open_vSwitch";
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

export interface OvsTopologyOptions {
  readonly socketPath: string;
  readonly log: Log;
  /** After each change of the database, and after each reconnection. */
  readonly onChange: (database: OvsDatabase) => void;
}

/**
 * Follows the database of Open vSwitch until the lifetime ends. While the server is away the last state stands: a switch
 * whose database restarts goes on forwarding. Each connection starts from a whole state, so a restart loses nothing.
 */
export function startOvsTopology(options: OvsTopologyOptions, lifetime: Lifetime): void {
  let connection: OvsdbConnection | undefined;
  lifetime.defer("Open vSwitch database", () => connection?.close());
  void follow();

  async function follow(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    let reported = false;
    while (!lifetime.isOver) {
      const outcome = await followOnce(options, (opened) => {
        connection = opened;
        if (lifetime.isOver) opened.close();
      });
      if (lifetime.isOver) return;
      if (outcome.connected) [retryMs, reported] = [FIRST_RETRY_MS, false];
      if (!reported)
        options.log.warn({ socket: options.socketPath, reason: outcome.reason }, "Open vSwitch database lost");
      reported = true;
      await wait(retryMs, undefined, { signal: lifetime.signal }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, LAST_RETRY_MS);
    }
  }
}

/** One connection from its beginning to its end. */
async function followOnce(
  { socketPath, log, onChange }: OvsTopologyOptions,
  onOpen: (connection: OvsdbConnection) => void,
): Promise<{ readonly connected: boolean; readonly reason: string }> {
  const closed = Promise.withResolvers<string>();
  let tables: Tables = {};
  let onUpdate: (updates: unknown) => void = () => {};
  let connected = false;
  try {
    const connection = await connectOvsdb(socketPath, {
      onNotification: (method, params) => method === "update2" && onUpdate(params[1]),
      onClose: closed.resolve,
    });
    onOpen(connection);
    const schema = parseSchema(await connection.call("get_schema", [DATABASE]));
    // The reply comes before the first notification, but its promise is settled after: both go through here, in order.
    const early: unknown[] = [];
    onUpdate = (updates) => early.push(updates);
    const initial = await connection.call("monitor_cond", [DATABASE, "topology", monitorRequests(schema)]);
    tables = [initial, ...early].reduce<Tables>((state, updates) => applyUpdate2(schema, state, updates), {});
    onUpdate = (updates) => {
      tables = applyUpdate2(schema, tables, updates);
      onChange(parseDatabase(tables));
    };
    connected = true;
    log.info({ socket: socketPath, bridges: tables.Bridge?.size ?? 0 }, "Open vSwitch database followed");
    onChange(parseDatabase(tables));
    return { connected, reason: await closed.promise };
  } catch (thrown) {
    return { connected, reason: messageOf(thrown) };
  }
}

/**
 * Inode of the network namespace of ovs-vswitchd, whose pid file is beside the database's socket; asked again each
 * time, since the daemon may be started again elsewhere.
 */
export function vswitchdNamespace(
  proc: ProcReader,
  socketPath: string,
  runFolder = dirname(socketPath),
): number | undefined {
  const pid = proc.text(join(runFolder, "ovs-vswitchd.pid"))?.trim();
  if (pid === undefined || !/^\d+$/.test(pid)) return undefined;
  const inode = /^net:\[(\d+)\]$/.exec(proc.link(`/proc/${pid}/ns/net`) ?? "")?.[1];
  return inode === undefined ? undefined : Number(inode);
}
