import type { AgentPresence } from "../../topology/agent-presence.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { MeshDesk } from "../mesh/mesh-desk.ts";
import type { AgentSession } from "./agent-session.ts";

/** Which session speaks for a host. */
export interface SessionRegistry {
  /** From now on this session does; the one it replaces, if any, is told. */
  claim(host: string, session: AgentSession): AgentSession | undefined;
  isCurrent(host: string, session: AgentSession): boolean;
  release(host: string, session: AgentSession): void;
  /** Who speaks for a host now. */
  current(host: string): AgentSession | undefined;
}

/** Where a session of a cluster's agent is recorded, announced and registered. */
export interface ClusterDesk {
  readonly recorder: Recorder;
  readonly presence: AgentPresence;
  readonly registry: SessionRegistry;
  /** Hosts whose volatile attributes this process has heard in full: the store does not keep them. */
  readonly volatileHeard: Set<string>;
  /** Undefined: no mesh of probes. */
  readonly mesh?: MeshDesk | undefined;
}
