import type { EpochMs } from "../../core/clock.ts";
import type { Attributes } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { type HostEvent, MAX_EVENT_TEXT_CHARS } from "../../core/host-event.ts";
import type { Point } from "../../core/line-protocol.ts";
import { redactSecrets } from "../../core/redact-secrets.ts";
import type { LogPattern } from "./log-pattern.ts";
import type { MatchGuard } from "./match-guard.ts";

/** Events of one pattern in one source within a minute; further lines are counted in the next event. */
const EVENTS_PER_MINUTE = 5;
const MINUTE_MS = 60_000;

/** Sources are named by files and by whoever writes to the journal; each has its series for ever. What comes after these is one. */
const MAX_SOURCES = 256;
const OTHER_SOURCES = "other";

/** What a source knows of a line that fits. */
export interface LineFacts {
  /** When it was written. */
  readonly at: EpochMs;
  readonly element: ElementId;
  readonly attributes: Attributes;
}

/** The lines of one source that fitted one pattern. */
interface Counted {
  readonly source: string;
  readonly pattern: LogPattern;
  lines: number;
  minuteBegan: EpochMs;
  events: number;
  /** Lines of this minute that no event tells. */
  more: number;
  lastLine: { readonly text: string; readonly facts: LineFacts } | undefined;
}

export interface LogCounts {
  /** Makes the counters of a source, at 0; whether they were not there. */
  expect(source: string, patterns: readonly LogPattern[]): boolean;
  /** Counts what is in whole lines of a source and reports events; `factsOf` is asked for lines that are told. */
  take(
    source: string,
    text: string,
    patterns: readonly LogPattern[],
    now: EpochMs,
    factsOf: (line: string) => LineFacts,
  ): void;
  /** One for each source and pattern; reports what a minute that is over held back. */
  points(at: EpochMs): readonly Point[];
}

export function createLogCounts(
  configured: readonly LogPattern[],
  guard: MatchGuard,
  report: (event: HostEvent) => void,
): LogCounts {
  const counted = new Map<string, Map<string, Counted>>();
  const known = (source: string) => (counted.has(source) || counted.size < MAX_SOURCES ? source : OTHER_SOURCES);

  function countedOf(named: string, pattern: LogPattern): Counted {
    const source = known(named);
    const ofSource = counted.get(source) ?? new Map<string, Counted>();
    counted.set(source, ofSource);
    const made = ofSource.get(pattern.name);
    if (made !== undefined) return made;
    const minuteBegan = Number.NEGATIVE_INFINITY as EpochMs;
    const fresh = { source, pattern, lines: 0, minuteBegan, events: 0, more: 0, lastLine: undefined };
    ofSource.set(pattern.name, fresh);
    return fresh;
  }

  function tell(it: Counted, text: string, facts: LineFacts): void {
    const { pattern, source, more } = it;
    if (pattern.event === undefined) return;
    report({
      at: facts.at,
      kind: pattern.event,
      element: facts.element,
      severity: pattern.severity,
      text,
      attributes: { ...facts.attributes, pattern: pattern.name, source, ...(more > 0 ? { more_lines: more } : {}) },
    });
    it.events++;
    it.more = 0;
  }

  function closeMinute(it: Counted, now: EpochMs): void {
    if (now - it.minuteBegan < MINUTE_MS) return;
    if (it.more > 0 && it.lastLine !== undefined) {
      // The line that is told is one of those that were held back.
      it.more--;
      tell(it, it.lastLine.text, it.lastLine.facts);
    }
    [it.minuteBegan, it.events, it.lastLine] = [now, 0, undefined];
  }

  return {
    expect(source, patterns) {
      const isNew = !counted.has(known(source));
      for (const pattern of [...patterns, ...configured]) countedOf(source, pattern);
      return isNew;
    },
    take(source, text, patterns, now, factsOf) {
      for (const { pattern, count, lines } of guard.matches(text, patterns, configured)) {
        const it = countedOf(source, pattern);
        closeMinute(it, now);
        it.lines += count;
        if (pattern.event === undefined) continue;
        const room = Math.max(0, Math.min(EVENTS_PER_MINUTE - it.events, lines.length));
        for (const line of lines.slice(0, room)) tell(it, sample(line), factsOf(line));
        it.more += count - room;
        const last = lines[room];
        if (last !== undefined) it.lastLine = { text: sample(last), facts: factsOf(last) };
      }
    },
    points: (at) =>
      [...counted.values()].flatMap((ofSource) =>
        [...ofSource.values()].map((it) => {
          closeMinute(it, at);
          const tags = { source: it.source, pattern: it.pattern.name };
          return { measurement: "log", tags, fields: { lines: { int: it.lines } }, at };
        }),
      ),
  };
}

/** A copy: a part of a string keeps all of it in memory. Secrets are hidden first: half of a password looks like none. */
function sample(line: string): string {
  return Buffer.from(redactSecrets(line).trim().slice(0, MAX_EVENT_TEXT_CHARS)).toString("utf8");
}
