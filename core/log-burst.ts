import type { Lifetime } from "./lifetime.ts";

/** Lines of one event within a second; what is past them is counted. */
const LINES_PER_WINDOW = 20;
const WINDOW_MS = 1_000;

export interface BurstEvents {
  /** What each line says. */
  readonly event: string;
  /** What the line says that stands for those past the bound; their number is its field `count`. */
  readonly more: string;
}

/**
 * Writes an event that thousands may bring about at once, as agents do that lose their collector: up to 20 lines a
 * second, then one line that counts the rest of that second.
 */
export function createLogBurst(
  write: (fields: object, event: string) => void,
  { event, more }: BurstEvents,
  lifetime: Lifetime,
): (fields: object) => void {
  let written = 0;
  let unwritten = 0;
  let closing: NodeJS.Timeout | undefined;
  const close = () => {
    clearTimeout(closing);
    closing = undefined;
    written = 0;
    if (unwritten > 0) write({ count: unwritten }, more);
    unwritten = 0;
  };
  lifetime.defer(`log of "${event}"`, close);
  return (fields) => {
    closing ??= setTimeout(close, WINDOW_MS).unref();
    if (written >= LINES_PER_WINDOW) unwritten++;
    else {
      written++;
      write(fields, event);
    }
  };
}
