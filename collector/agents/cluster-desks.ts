import type { Clock } from "../../core/clock.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import type { Log } from "../../core/log.ts";
import { type AgentPresence, watchPresence } from "../../topology/agent-presence.ts";
import type { Recorders } from "../../topology/recorders.ts";
import { startJudging } from "../mesh/judging.ts";
import { type MeshSettings, openMeshDesk } from "../mesh/mesh-desk.ts";
import type { AgentSession } from "./agent-session.ts";
import type { ClusterDesk, SessionRegistry } from "./desk.ts";

/** Where the agents of each cluster are heard. */
export interface ClusterDesks {
  /** Undefined for a cluster this collector does not keep; without a name, the collector's own. */
  of(cluster: string | undefined): ClusterDesk | undefined;
  readonly clusters: readonly string[];
  readonly presences: readonly AgentPresence[];
}

export interface DeskOptions {
  readonly recorders: Recorders;
  readonly clock: Clock;
  readonly log: Log;
  readonly graceMs: number;
  /** Ends the connection of a session that a newer one replaces. */
  readonly disconnect: (session: AgentSession) => void;
  readonly mesh?: MeshSettings | undefined;
  /** The plan of a host changed. */
  readonly onMesh: (session: AgentSession) => void;
}

export function openDesks(options: DeskOptions, lifetime: Lifetime): ClusterDesks {
  const { recorders, clock, log, graceMs, disconnect } = options;
  const desks = new Map<string, ClusterDesk>();
  for (const [cluster, recorder] of recorders) {
    const presence = watchPresence({ recorder, clock, log, graceMs }, lifetime);
    const registry = createRegistry(
      (host) => presence.disconnected(host),
      (session, host) => {
        log.warn({ cluster, host }, "agent session replaced by a newer one");
        disconnect(session);
      },
    );
    const mesh = options.mesh === undefined ? undefined : openMeshDesk(recorder, options.mesh, lifetime);
    mesh?.onChange((host) => {
      const session = registry.current(host);
      if (session !== undefined) options.onMesh(session);
    });
    if (mesh !== undefined) startJudging({ mesh, presence, clock, log }, lifetime);
    desks.set(cluster, { recorder, presence, registry, mesh, volatileHeard: new Set() });
  }
  const [own] = desks.values();
  return {
    of: (cluster) => (cluster === undefined ? own : desks.get(cluster)),
    clusters: [...desks.keys()],
    presences: Array.from(desks.values(), ({ presence }) => presence),
  };
}

/** Names of hosts are unique within their cluster. */
function createRegistry(
  onLost: (host: string) => void,
  onReplaced: (older: AgentSession, host: string) => void,
): SessionRegistry {
  const byHost = new Map<string, AgentSession>();
  return {
    claim(host, session) {
      const older = byHost.get(host);
      byHost.set(host, session);
      if (older === undefined || older === session) return undefined;
      onReplaced(older, host);
      return older;
    },
    current: (host) => byHost.get(host),
    isCurrent: (host, session) => byHost.get(host) === session,
    release(host, session) {
      if (byHost.get(host) !== session) return;
      byHost.delete(host);
      onLost(host);
    },
  };
}
