import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { elementIdOf } from "../../core/element-id.ts";
import { type EventKind, type EventSeverity, type HostEvent, MAX_EVENT_TEXT_CHARS } from "../../core/host-event.ts";
import type { NamedProcess, ProcessTable } from "./process-table.ts";

/** A service that is started anew may be away for one sample. */
const MISSING_AFTER_SAMPLES = 2;

/** What is known of a configured name. */
interface Watched {
  readonly members: readonly NamedProcess[];
  /**
   * One of its processes was there in two samples: before that it may be a command of that name (`dnsmasq --version`), or a
   * daemon that has yet to fork itself into the background, and what becomes of it is no event.
   */
  readonly isEstablished: boolean;
  readonly missingSamples: number;
  readonly missingSince: EpochMs | undefined;
}

export type ProcessWatch = ReadonlyMap<string, Watched>;

export interface WatchContext {
  readonly host: string;
  /** When this host was booted, by its clock. */
  readonly bootedAtMs: number;
}

/**
 * What became of the configured names since the last sample. Restarted: all that were there are gone, and others are there. That one of
 * several ended is no event, nor what becomes of a name that was never seen.
 */
export function stepWatch(
  before: ProcessWatch,
  table: ProcessTable,
  context: WatchContext,
): readonly [ProcessWatch, readonly HostEvent[]] {
  const after = new Map<string, Watched>();
  const events: HostEvent[] = [];
  for (const { name, isWatched, members } of table.names.values()) {
    if (!isWatched) continue;
    const [watched, event] = stepName(before.get(name.comm), members, table.at, context.bootedAtMs);
    after.set(name.comm, watched);
    if (event !== undefined) events.push(hostEvent(context.host, name.comm, event));
  }
  return [after, events];
}

interface Told {
  readonly kind: EventKind;
  readonly severity: EventSeverity;
  readonly at: EpochMs;
  readonly text: string;
}

function stepName(
  was: Watched | undefined,
  members: readonly NamedProcess[],
  at: EpochMs,
  bootedAtMs: number,
): readonly [Watched, Told?] {
  if (was === undefined) return [{ members, isEstablished: false, missingSamples: 0, missingSince: undefined }];
  if (members.length === 0) {
    const [missingSamples, missingSince] = [was.missingSamples + 1, was.missingSince ?? at];
    const watched = { ...was, missingSamples, missingSince };
    if (!was.isEstablished || missingSamples !== MISSING_AFTER_SAMPLES) return [watched];
    const text = `is not running any more; it was process ${pidsOf(was.members)}`;
    return [watched, { kind: "process-missing", severity: "warning", at: missingSince, text }];
  }
  const stayed = members.some(({ stat }) => was.members.some((it) => it.stat.key === stat.key));
  const isEstablished = was.isEstablished || stayed;
  const watched = { members, isEstablished, missingSamples: 0, missingSince: undefined };
  if (!was.isEstablished || stayed) return [watched];
  const startedAt = startOf(members, at, bootedAtMs);
  if (was.missingSamples >= MISSING_AFTER_SAMPLES) {
    const text = `is running again, as process ${pidsOf(members)}`;
    return [watched, { kind: "process-back", severity: "info", at: startedAt, text }];
  }
  const text = `was started anew: process ${pidsOf(members)} instead of ${pidsOf(was.members)}`;
  return [watched, { kind: "process-restarted", severity: "warning", at: startedAt, text }];
}

function hostEvent(host: string, comm: string, { kind, severity, at, text }: Told): HostEvent {
  const element = elementIdOf("host", host, "process", comm);
  const told = `${comm} ${text}`.slice(0, MAX_EVENT_TEXT_CHARS);
  return { at, kind, element, severity, text: told, attributes: { process: comm } };
}

/** When the first of them began; not after the sample that found it, however the clock was set meanwhile. */
function startOf(members: readonly NamedProcess[], at: EpochMs, bootedAtMs: number): EpochMs {
  const startedAfterMs = Math.min(...members.map(({ stat }) => stat.startedAfterMs));
  return epochMsOf(Math.min(at, Math.round(bootedAtMs + startedAfterMs)));
}

function pidsOf(members: readonly NamedProcess[]): string {
  const pids = members.map(({ pid }) => pid);
  return pids.length <= 4 ? pids.join(", ") : `${pids.slice(0, 3).join(", ")} and ${pids.length - 3} more`;
}
