import type { EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import { hasTurn, phaseOf } from "../metrics/turns.ts";
import type { PointSink } from "../probe.ts";
import type { InterfaceLine } from "./interface-lines.ts";

/** What does not change is written again this often: within the five minutes a query looks back, and seldom. */
const COUNTERS_AGAIN_MS = 60_000;
const OWNER_AGAIN_MS = 120_000;

/** Lines of counters in a sample; where more interfaces carry traffic, they take turns. About 40 bytes each, compressed. */
const MAX_BUSY_LINES = 60;

/** What was seen of an interface at the last sample, and what of it was written when. */
interface Told {
  readonly line: InterfaceLine;
  readonly words: string;
  readonly seenAt: EpochMs;
  readonly written: Point["fields"];
  readonly writtenWords: string;
  readonly writtenAt: EpochMs;
  /** Where in a round it has its turn. */
  readonly phase: number;
}

/**
 * Writes what changed, and the rest in turns, so that two hundred interfaces that rest cost next to nothing. Before a
 * change after a pause comes the state at the last sample: a rate would else spread the change over the whole pause. A
 * counter at zero is written once it has risen, and then its zero before: most never do.
 */
export function createInterfaceTeller(): (lines: readonly InterfaceLine[], at: EpochMs, sink: PointSink) => void {
  let told = new Map<string, Told>();
  let samples = 0;
  return (lines, at, sink) => {
    const write = ({ tags }: InterfaceLine, fields: Point["fields"], when: EpochMs) => {
      if (Object.keys(fields).length > 0) sink({ measurement: "ovs_interface", tags, fields, at: when });
    };
    const seen = lines.map((line) => {
      const last = told.get(line.name);
      const fields = risenOf(line.fields, last?.written);
      return { line, last, fields, words: JSON.stringify([line.tags, fields]) };
    });
    const busy = seen.filter(({ line, words, last }) => line.hasCounters && last !== undefined && last.words !== words);
    const turns = Math.max(1, Math.ceil(busy.length / MAX_BUSY_LINES));
    samples++;
    told = new Map();
    for (const { line, last, fields, words } of seen) {
      const phase = last?.phase ?? phaseOf(line.name);
      const hasChanged = last === undefined || last.writtenWords !== words;
      const hasTurn = !line.hasCounters || phase % turns === samples % turns;
      const isWritten = (hasChanged && hasTurn) || last === undefined || isDue(line, last, at);
      if (isWritten && hasChanged && last !== undefined) write(last.line, beforeChange(last, fields), last.seenAt);
      if (isWritten) write(line, fields, at);
      const written = isWritten || last === undefined ? { written: fields, writtenWords: words, writtenAt: at } : last;
      told.set(line.name, { ...written, line, words, phase, seenAt: at });
    }
  };
}

/** Without the counters that are zero and were never written. */
function risenOf(fields: Point["fields"], written: Point["fields"] = {}): Point["fields"] {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !isZeroCounter(fields, name) || name in written));
}

/** What of the last sample has to be written now that it is known what came after; nothing when all of it was. */
function beforeChange(last: Told, fields: Point["fields"]): Point["fields"] {
  const risen = Object.keys(fields).filter((name) => !(name in last.written) && isZeroCounter(last.line.fields, name));
  return { ...(hasRested(last) ? last.written : {}), ...Object.fromEntries(risen.map((name) => [name, { int: 0 }])) };
}

function isZeroCounter(fields: Point["fields"], name: string): boolean {
  const value = fields[name];
  return (name.startsWith("rx_") || name.startsWith("tx_")) && typeof value === "object" && value.int === 0;
}

/** Whether it was seen unchanged since it was written. */
function hasRested({ words, seenAt, writtenWords, writtenAt }: Told): boolean {
  return words === writtenWords && seenAt > writtenAt;
}

/** Whether its time came since it was written; those of a host have their times at different samples. */
function isDue({ hasCounters }: InterfaceLine, { writtenAt, phase }: Told, at: EpochMs): boolean {
  return hasTurn(at, writtenAt, phase, hasCounters ? COUNTERS_AGAIN_MS : OWNER_AGAIN_MS);
}
