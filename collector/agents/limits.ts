/** Bounds of the agents' side of the collector, and what happens at each. */
export interface AgentLimits {
  /** More connections are turned away with `agent.too_many_connections`. */
  readonly connections: number;
  /** Full states being received; further agents are told to come back later. */
  readonly fullStates: number;
  /** A full state that is not complete after this long gives its place to another. */
  readonly fullStateMs: number;
  /** A connection that has not said hello by then is closed. */
  readonly helloMs: number;
  /** Messages of one session waiting to be worked on; further ones are answered with `later`. */
  readonly waitingMessages: number;
  /** How long a host may be away before its node turns silent. */
  readonly silenceGraceMs: number;
  /** A clock further off than this is reported. */
  readonly clockOffsetMs: number;
}

export const AGENT_LIMITS: AgentLimits = {
  connections: 12_000,
  fullStates: 32,
  fullStateMs: 60_000,
  helloMs: 10_000,
  waitingMessages: 32,
  silenceGraceMs: 30_000,
  clockOffsetMs: 1_000,
};
