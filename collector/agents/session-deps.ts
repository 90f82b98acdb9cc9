import type { Identity } from "../../core/access.ts";
import type { Clock } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import type { EventStore } from "../../store/event-store.ts";
import type { AgentCounts } from "./counts.ts";
import type { ClusterDesk } from "./desk.ts";
import type { FullStateTurns } from "./full-states.ts";
import type { AgentLimits } from "./limits.ts";

/** What all sessions share. */
export interface SessionDeps {
  readonly desks: {
    of(cluster: string | undefined): ClusterDesk | undefined;
    readonly clusters: readonly string[];
  };
  readonly turns: FullStateTurns;
  /** Undefined: events are not kept here. */
  readonly events?: Pick<EventStore, "append"> | undefined;
  readonly counts: AgentCounts;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: AgentLimits;
}

export interface Peer {
  readonly identity: Identity | undefined;
  readonly address: string;
}
