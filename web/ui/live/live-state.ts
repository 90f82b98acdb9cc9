import type { Clock, EpochMs } from "../../../core/clock.ts";
import { apply, type Change } from "../../../topology/model/change.ts";
import type { Topology } from "../../../topology/model/topology.ts";

/** What the page knows of now, and how it stands with the server. */
export interface LiveState {
  readonly connection: Connection;
  /** The last state received; kept, and shown greyed, while the server is away. */
  readonly last: LiveTopology | undefined;
}

export type Connection =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  | { readonly kind: "lost"; readonly since: EpochMs }
  | { readonly kind: "refused"; readonly code: string; readonly detail: string; readonly hint: string };

export interface LiveTopology {
  readonly topology: Topology;
  readonly cluster: string;
  readonly sequence: number;
  readonly revision: number;
  readonly at: EpochMs;
  /** What the last batch changed; empty after a full state. */
  readonly changes: readonly Change[];
}

export const NOT_CONNECTED: LiveState = { connection: { kind: "connecting" }, last: undefined };

export type LiveEvent =
  | { readonly kind: "full"; readonly state: Omit<LiveTopology, "changes"> }
  | { readonly kind: "batch"; readonly batch: Omit<LiveTopology, "topology"> }
  | { readonly kind: "refused"; readonly code: string; readonly detail: string; readonly hint: string }
  | { readonly kind: "lost" };

/** The next state, and whether to subscribe again because a batch is missing. */
export interface Step {
  readonly state: LiveState;
  readonly resubscribe: boolean;
}

/** Batches are applied in order of their numbers; one that was already in the full state is passed over. */
export function step(state: LiveState, event: LiveEvent, clock: Pick<Clock, "now">): Step {
  switch (event.kind) {
    case "full":
      return settled({ connection: { kind: "live" }, last: { ...event.state, changes: [] } });
    case "batch":
      return stepBatch(state, event.batch);
    case "refused": {
      const { code, detail, hint } = event;
      return settled({ ...state, connection: { kind: "refused", code, detail, hint } });
    }
    case "lost":
      if (state.connection.kind === "lost") return settled(state);
      return settled({ ...state, connection: { kind: "lost", since: clock.now() } });
  }
}

function stepBatch(state: LiveState, batch: Omit<LiveTopology, "topology">): Step {
  const { last } = state;
  if (last === undefined || batch.sequence <= last.sequence) return settled(state);
  if (batch.sequence !== last.sequence + 1) return { state, resubscribe: true };
  return settled({ ...state, last: { ...batch, topology: apply(last.topology, batch.changes) } });
}

const settled = (state: LiveState): Step => ({ state, resubscribe: false });
