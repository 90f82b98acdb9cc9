import type { Point } from "../core/line-protocol.ts";

export interface AgentFigures {
  readonly sampleCpuSeconds: number;
  readonly rssBytes: number;
  readonly bufferedBytes: number;
  readonly droppedLines: number;
  readonly droppedEvents: number;
  readonly rejectedLines: number;
  readonly topologyReads: number;
}

/** What the agent says of itself. */
export function agentPoint(figures: AgentFigures): Omit<Point, "at"> {
  return {
    measurement: "agent",
    tags: {},
    fields: {
      sample_cpu_s: figures.sampleCpuSeconds,
      rss_bytes: { int: figures.rssBytes },
      buffered_bytes: { int: figures.bufferedBytes },
      dropped_lines: { int: figures.droppedLines },
      dropped_events: { int: figures.droppedEvents },
      rejected_lines: { int: figures.rejectedLines },
      topology_reads: { int: figures.topologyReads },
    },
  };
}
