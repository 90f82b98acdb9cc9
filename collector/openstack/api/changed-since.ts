/** Rows are dated by the clocks of the hosts that write them: one that is behind dates its changes before our last look. */
const LOOK_BACK_MS = 60_000;

/** From when on to ask for changes after those until `sinceMs` (epoch milliseconds) were seen: UTC, to the second. */
export function changedSince(sinceMs: number): string {
  return new Date(sinceMs - LOOK_BACK_MS).toISOString().replace(/\.\d+Z$/, "Z");
}
