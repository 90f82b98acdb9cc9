import type { TroupeFigures } from "../agents/figures.ts";
import type { CourierFigures } from "../agents/metric-courier.ts";

export interface Progress {
  readonly simulatedMs: number;
  readonly agents: number;
  readonly figures: TroupeFigures;
  readonly metrics: CourierFigures;
}

/** One line that says how a run is going. */
export function progressLine({ simulatedMs, agents, figures, metrics }: Progress): string {
  const parts = [
    `simulated ${durationText(simulatedMs)}`,
    `agents ${figures.connected}/${agents}`,
    `resumed ${figures.resumed}`,
    `full ${figures.fulls}`,
    `changes ${figures.changes} in ${figures.batches}`,
    `events ${figures.events}`,
    `metric lines ${metrics.sentLines}`,
  ];
  if (figures.later > 0) parts.push(`told to wait ${figures.later}`);
  if (figures.lost > 0) parts.push(`connections lost ${figures.lost}`);
  if (metrics.droppedLines > 0) parts.push(`lines dropped ${metrics.droppedLines}`);
  if (metrics.rejectedLines > 0) parts.push(`lines rejected ${metrics.rejectedLines} (${metrics.trouble})`);
  if (figures.refusal !== undefined) {
    parts.push(
      `refused ${figures.refused}: ${figures.refusal.code}: ${figures.refusal.detail} (${figures.refusal.hint})`,
    );
  }
  return parts.join("  ");
}

function durationText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
