import type { BatchReply, HelloReply } from "../../core/agent-protocol.ts";

/** What agents were answered since the process started, counted in place. */
export interface AgentCounts {
  /** Sessions begun with nothing but changes to tell. */
  sessionsResumed: number;
  /** Sessions begun with a full state. */
  sessionsFull: number;
  /** Full states made durable. */
  fullStates: number;
  /** Hosts that told their volatile attributes anew. */
  volatileStates: number;
  /** Events of hosts made durable. */
  events: number;
  /** Messages answered with `later`. */
  toldToWait: number;
  /** Connections turned away and messages refused. */
  refused: number;
}

export function newAgentCounts(): AgentCounts {
  return {
    sessionsResumed: 0,
    sessionsFull: 0,
    fullStates: 0,
    volatileStates: 0,
    events: 0,
    toldToWait: 0,
    refused: 0,
  };
}

export function countReply(counts: AgentCounts, { kind }: HelloReply | BatchReply): void {
  switch (kind) {
    case "resume":
      counts.sessionsResumed++;
      break;
    case "full":
      counts.sessionsFull++;
      break;
    case "later":
      counts.toldToWait++;
      break;
    case "refused":
      counts.refused++;
      break;
    case "ack":
      break;
  }
}
