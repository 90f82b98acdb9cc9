import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Clock, EpochMs } from "../../../core/clock.ts";
import type { PointSink, Probe, ProbeContext, ProbeSession } from "../../probe.ts";
import type { ProcReader } from "../../proc-reader.ts";
import { bgpPoints } from "../bgp/bgp-points.ts";
import { createSpeakerWatch, type SpeakerWatch } from "../bgp/speaker-watch.ts";
import { frrElements, zebraPoints } from "./frr-elements.ts";
import { type FrrReading, type FrrSpace, openFrrSpace } from "./frr-space.ts";

export const FRR_FOLDER = "/var/run/frr";

/** A path space that was given up is forgotten; one that restarts is not. */
const FORGOTTEN_AFTER_MS = 600_000;

/** A host has one FRR, or a few in path spaces. */
const MAX_SPACES = 16;

export interface FrrProbeDeps {
  readonly host: string;
  readonly folder: string;
  readonly proc: ProcReader;
  readonly clock: Clock;
}

/**
 * FRR's BGP sessions and EVPN, read over the vty sockets of bgpd and zebra at each sample. It is there while any of these
 * daemons answers; what they said of the topology stands while they restart.
 */
export function frrProbe(deps: FrrProbeDeps): Probe {
  // Outlives the session, so that sessions which a restart of bgpd has ended are told.
  const watch = createSpeakerWatch(deps.host);
  return { name: "frr", detect: (context) => detectFrr(deps, watch, context) };
}

async function detectFrr(
  { host, folder, proc, clock }: FrrProbeDeps,
  watch: SpeakerWatch,
  { signal, changed, report }: ProbeContext,
): Promise<ProbeSession | undefined> {
  const spaces = new Map<string | undefined, FrrSpace>();
  const readings = new Map<string | undefined, FrrReading>();
  const answeredAtMs = new Map<string | undefined, number>();
  const ended = Promise.withResolvers<string>();

  /** Settles with whether anybody answered. */
  async function readAll(at: EpochMs): Promise<boolean> {
    for (const space of spacesIn(proc, folder)) {
      if (!spaces.has(space)) spaces.set(space, openFrrSpace(join(folder, space ?? ""), space, signal));
    }
    let isAnybodyThere = false;
    for (const [space, source] of spaces) {
      const nowMs = clock.monotonicMs();
      const reading = await source.read(nowMs);
      if (reading === undefined) {
        if (nowMs - (answeredAtMs.get(space) ?? nowMs) > FORGOTTEN_AFTER_MS) forget(space);
        continue;
      }
      isAnybodyThere = true;
      answeredAtMs.set(space, nowMs);
      readings.set(space, reading);
      if (source.answers().bgpd) watch.see(reading.speakers, at, clock.monotonicMs()).forEach(report);
    }
    return isAnybodyThere;
  }

  function forget(space: string | undefined): void {
    for (const known of [spaces, readings, answeredAtMs]) known.delete(space);
  }

  function emit(at: EpochMs, sink: PointSink): void {
    for (const [space, source] of spaces) {
      const [reading, answers] = [readings.get(space), source.answers()];
      if (reading === undefined) continue;
      if (answers.zebra) zebraPoints(reading, at).forEach(sink);
      if (!answers.bgpd) continue;
      for (const speaker of reading.speakers) bgpPoints(speaker, watch.messageAge(speaker), at).forEach(sink);
    }
  }

  const elements = () => [...readings.values()].flatMap((reading) => frrElements(host, reading));
  if (!(await readAll(clock.now()))) return undefined;
  let told = elements();
  return {
    ended: ended.promise,
    async sample(at, sink) {
      if (!(await readAll(at))) return ended.resolve("no daemon of FRR answers");
      emit(at, sink);
      const now = elements();
      if (isDeepStrictEqual(now, told)) return;
      told = now;
      changed();
    },
    contribute: () => ({ elements: told }),
  };
}

/** Folders of path spaces have the same sockets below. */
function spacesIn(proc: ProcReader, folder: string): readonly (string | undefined)[] {
  const names = proc.names(folder);
  const spaces = names.filter((name) => !name.includes(".") && isSpace(proc.names(join(folder, name)))).toSorted();
  return [...(isSpace(names) ? [undefined] : []), ...spaces.slice(0, MAX_SPACES)];
}

function isSpace(names: readonly string[]): boolean {
  return names.includes("bgpd.vty") || names.includes("zebra.vty");
}
