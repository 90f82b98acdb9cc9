import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import { isLink } from "../../../core/element.ts";
import type { Change } from "../../../topology/model/change.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import { changesQuery, differenceQuery, type PastTopology, type Scope, topologyQuery } from "../api/queries.ts";
import { useLive } from "../live/live-store.ts";
import { type Difference, unionOf } from "../model/difference.ts";
import { instant, type TimeWindow, type ViewClock } from "../model/view-clock.ts";
import { countUntil, covers, type Track, topologyAfter } from "../time-bar/track.ts";

/** What the clock's moment looks like, as far as it is known. */
export type Shown =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly error: Error; readonly retry: () => void }
  | {
      readonly kind: "ready";
      readonly topology: Topology;
      /** What changed last, in the live view. */
      readonly changes: readonly Change[];
      readonly difference: Difference | undefined;
      /** A better answer is under way. */
      readonly busy: boolean;
      readonly historyBeginsAt: EpochMs | undefined;
    };

export interface Moment {
  readonly scope: Scope;
  readonly clock: ViewClock;
  /** Where the playhead came to rest; differs from the clock's moment while it moves. */
  readonly restingAt: EpochMs;
  readonly window: TimeWindow;
}

/** While the next moment is loaded, the one before stays: the map and its camera are not taken away. */
export function useShown(moment: Moment): Shown {
  const live = useLiveShown(moment.clock.kind === "live");
  const past = usePastShown(moment);
  const difference = useDifferenceShown(moment);
  const shown = { live, past, diff: difference }[moment.clock.kind];
  const before = useRef<Shown>(undefined);
  useEffect(() => {
    if (shown.kind === "ready") before.current = shown;
  });
  const kept = before.current;
  return shown.kind === "loading" && kept?.kind === "ready" && hasScope(kept, moment.scope)
    ? { ...kept, changes: NO_CHANGES, difference: undefined, busy: true }
    : shown;
}

const NO_CHANGES: readonly Change[] = [];

/** Whether a state kept for the while of loading is of the cluster that is looked at now. */
function hasScope(shown: Shown & { readonly kind: "ready" }, { cluster }: Scope): boolean {
  for (const element of shown.topology.values()) if (!isLink(element)) return element.cluster === cluster;
  return true;
}

const LOADING: Shown = { kind: "loading" };

function useLiveShown(isWanted: boolean): Shown {
  const last = useLive((state) => (isWanted ? state.last : undefined));
  const connection = useLive((state) => state.connection);
  return useMemo((): Shown => {
    if (last !== undefined) {
      const { topology, changes } = last;
      return { kind: "ready", topology, changes, difference: undefined, busy: false, historyBeginsAt: undefined };
    }
    if (connection.kind === "refused") {
      return { kind: "failed", error: new Error(`${connection.detail}: ${connection.hint}`), retry: reload };
    }
    return LOADING;
  }, [last, connection]);
}

function reload(): void {
  location.reload();
}

/** The state at the playhead: computed from the changes of the window where they are loaded, else asked for. */
function usePastShown({ scope, clock, restingAt, window }: Moment): Shown {
  const isWanted = clock.kind === "past";
  const at = clock.kind === "past" ? clock.at : restingAt;
  const changes = useQuery({ ...changesQuery(scope, window.from, window.to), enabled: isWanted });
  const resting = useQuery({
    ...topologyQuery(scope, restingAt),
    enabled: isWanted,
    placeholderData: (previous, query) => (query?.queryKey[1] === scope ? previous : undefined),
  });
  const track = useMemo(
    () => (changes.data === undefined || resting.data === undefined ? undefined : trackOf(resting.data, changes.data)),
    [changes.data, resting.data],
  );
  const isCovered = track !== undefined && covers(track, at);
  const count = isCovered ? countUntil(track.changes, at) : undefined;
  const replayed = useMemo(
    () => (track === undefined || count === undefined ? undefined : topologyAfter(track, count)),
    [track, count],
  );
  const isAhead = isWanted && !isCovered && at !== restingAt;
  const ahead = useQuery({
    ...topologyQuery(scope, roundedForAsking(at)),
    enabled: isAhead,
    placeholderData: keepPreviousData,
  });
  const error = resting.error ?? (isAhead ? ahead.error : null);
  if (error !== null && resting.data === undefined) {
    return { kind: "failed", error, retry: () => void Promise.all([resting.refetch(), ahead.refetch()]) };
  }
  const state = (isAhead ? ahead.data : undefined) ?? resting.data;
  if (state === undefined) return LOADING;
  return {
    kind: "ready",
    topology: replayed ?? state.topology,
    changes: [],
    difference: undefined,
    busy: !isCovered && state.at !== at,
    historyBeginsAt: state.historyBeginsAt,
  };
}

function trackOf(state: PastTopology, span: Omit<Track, "topology" | "at">): Track {
  return { ...span, topology: state.topology, at: state.at };
}

/** While the playhead moves through what is not loaded, the server is asked for whole seconds of it only. */
function roundedForAsking(at: EpochMs): EpochMs {
  return instant(Math.round(at / 1_000) * 1_000);
}

function useDifferenceShown({ scope, clock }: Moment): Shown {
  const isWanted = clock.kind === "diff";
  const [a, b] = clock.kind === "diff" ? [clock.a, clock.b] : [NEVER, NEVER];
  const later = useQuery({ ...topologyQuery(scope, b), enabled: isWanted, placeholderData: keepPreviousData });
  const between = useQuery({ ...differenceQuery(scope, a, b), enabled: isWanted, placeholderData: keepPreviousData });
  return useMemo((): Shown => {
    const error = later.error ?? between.error;
    if (error !== null) {
      return { kind: "failed", error, retry: () => void Promise.all([later.refetch(), between.refetch()]) };
    }
    if (later.data === undefined || between.data === undefined) return LOADING;
    return {
      kind: "ready",
      topology: unionOf(later.data.topology, between.data),
      changes: [],
      difference: between.data,
      busy: later.isPlaceholderData || between.isPlaceholderData,
      historyBeginsAt: later.data.historyBeginsAt,
    };
  }, [
    later.data,
    between.data,
    later.error,
    between.error,
    later.isPlaceholderData,
    between.isPlaceholderData,
    later.refetch,
    between.refetch,
  ]);
}

const NEVER = 0 as EpochMs;
