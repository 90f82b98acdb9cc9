import { useQuery } from "@tanstack/react-query";
import { createContext, use, useMemo, useState } from "react";
import type { EpochMs } from "../../../core/clock.ts";
import { hostId } from "../../../core/element-id.ts";
import type { Severity } from "../../api/alerts.ts";
import { incidentsQuery, type Scope, statusQuery } from "../api/queries.ts";
import type { Atlas } from "../layout/atlas.ts";
import { AtlasBook } from "../layout/atlas-book.ts";
import { alertsAt } from "../model/alerts-at.ts";
import { agentIsSilent } from "../model/condition.ts";
import { type Contents, contentsOf, hostsOf } from "../model/contents.ts";
import { DEFAULT_SPAN_MS, momentOf, type TimeWindow, type ViewClock, windowOf } from "../model/view-clock.ts";
import { usePlay } from "../time-bar/play-store.ts";
import { useServerNow } from "./server-clock.ts";
import { type Shown, useShown } from "./use-shown.ts";
import { type Go, useGo, useViewSearch } from "./use-view-search.ts";
import { clockOf, type ViewSearch } from "./view-search.ts";

/** Everything the panels of the topology page show follows from this. */
export interface View {
  readonly search: ViewSearch;
  readonly go: Go;
  readonly scope: Scope;
  /** The open host alone, for what the time bar counts and steps through; all there is when there is one host. */
  readonly hostScope: Scope;
  readonly clock: ViewClock;
  readonly moment: EpochMs;
  readonly now: EpochMs;
  readonly window: TimeWindow;
  readonly spanMs: number;
  readonly shown: Shown;
  readonly hosts: readonly string[];
  /** The host that is open; undefined while none is known. */
  readonly host: string | undefined;
  readonly contents: Contents | undefined;
  readonly atlas: Atlas | undefined;
  readonly agentIsSilent: boolean;
  readonly alerts: ReadonlyMap<string, Severity>;
  /** Counts how often hosts were laid out anew. */
  readonly edition: number;
  /** Lays the open host out anew. */
  tidy(): void;
}

export const ViewContext = createContext<View | undefined>(undefined);

export function useView(): View {
  const view = use(ViewContext);
  if (view === undefined) throw new Error("this component stands outside the topology page");
  return view;
}

const NOW_STEP_MS = 1_000;

/** A scope as large as this page can hold: the cluster while it is small, else the open host alone. */
const HOSTS_OF_A_SMALL_CLUSTER = 64;

export function useScope(): Scope {
  const search = useViewSearch();
  const { data: status } = useQuery(statusQuery);
  const cluster = search.cluster ?? status?.clusters[0];
  const isLarge = (status?.agents.length ?? 0) > HOSTS_OF_A_SMALL_CLUSTER;
  const host = search.host ?? status?.agents[0]?.host;
  const root = isLarge && host !== undefined ? hostId(host) : undefined;
  return useMemo(() => ({ cluster, root }), [cluster, root]);
}

/** One book of positions for as long as the page is open: live, past and difference share it. */
const ATLASES = new AtlasBook();

export function useNewView(): View {
  const search = useViewSearch();
  const go = useGo();
  const scope = useScope();
  const now = useServerNow(NOW_STEP_MS);
  const scrub = usePlay((state) => state.scrub);
  const [edition, setEdition] = useState(0);
  const { data: status } = useQuery(statusQuery);
  const { data: incidents } = useQuery(incidentsQuery);
  const resting = clockOf(search);
  const clock: ViewClock = scrub === undefined ? resting : { kind: "past", at: scrub };
  const spanMs = search.span ?? DEFAULT_SPAN_MS;
  const window = windowOf({ clock, spanMs, windowEnd: search.end, now });
  const restingAt = resting.kind === "past" ? resting.at : momentOf(clock, now);
  const shown = useShown({ scope, clock, restingAt, window });
  const topology = shown.kind === "ready" ? shown.topology : undefined;
  const hosts = useMemo(
    () => mergeHosts(topology === undefined ? [] : hostsOf(topology), status?.agents),
    [topology, status],
  );
  const host = search.host ?? hosts[0];
  const hostRoot = host !== undefined && hosts.length > 1 ? hostId(host) : scope.root;
  const hostScope = useMemo(() => ({ cluster: scope.cluster, root: hostRoot }), [scope.cluster, hostRoot]);
  const contents = useMemo(
    () => (topology === undefined || host === undefined ? undefined : contentsOf(topology, host)),
    [topology, host],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new edition asks the same book again
  const atlas = useMemo(() => (contents === undefined ? undefined : ATLASES.atlasFor(contents)), [contents, edition]);
  const moment = momentOf(clock, now);
  const silent = topology !== undefined && host !== undefined && agentIsSilent(topology, host);
  const isUnknown = shown.kind === "ready" && host !== undefined && (shown.difference?.unknownHosts.has(host) ?? false);
  const alertMoment = clock.kind === "live" ? undefined : moment;
  const alerts = useMemo(() => alertsAt(incidents ?? [], alertMoment), [incidents, alertMoment]);
  return {
    search,
    go,
    scope,
    hostScope,
    clock,
    moment,
    now,
    window,
    spanMs,
    shown,
    hosts,
    host,
    contents,
    atlas,
    agentIsSilent: silent || isUnknown,
    alerts,
    edition,
    tidy: () => {
      if (host !== undefined) ATLASES.forget(host);
      setEdition((count) => count + 1);
    },
  };
}

function mergeHosts(
  known: readonly string[],
  agents: readonly { readonly host: string }[] | undefined,
): readonly string[] {
  return [...new Set([...known, ...(agents ?? []).map(({ host }) => host)])];
}
