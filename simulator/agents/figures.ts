import type { Refusal } from "../../core/agent-protocol.ts";

/** What the players have done so far, counted in place. */
export interface TroupeFigures {
  connected: number;
  resumed: number;
  fulls: number;
  /** Hosts that told their volatile attributes anew. */
  volatile: number;
  batches: number;
  changes: number;
  /** Events that the collector has made durable. */
  events: number;
  later: number;
  lost: number;
  refused: number;
  /** The last one, for people. */
  refusal: Refusal | undefined;
}

export function newFigures(): TroupeFigures {
  return {
    connected: 0,
    resumed: 0,
    fulls: 0,
    volatile: 0,
    batches: 0,
    changes: 0,
    events: 0,
    later: 0,
    lost: 0,
    refused: 0,
    refusal: undefined,
  };
}
