import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { EpochMs } from "../../../core/clock.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { RecordedChange } from "../../../topology/model/revision.ts";
import { type Topology, topologyOf } from "../../../topology/model/topology.ts";
import { IncidentsResponse } from "../../api/alerts.ts";
import { EventDensityResponse, type EventSchema, EventsResponse } from "../../api/events.ts";
import { OperationsResponse } from "../../api/operations.ts";
import { StatusResponse } from "../../api/status.ts";
import {
  ChangesResponse,
  DensityResponse,
  DiffResponse,
  SnapshotsResponse,
  TopologyResponse,
} from "../../api/topology.ts";
import { learnServerTime } from "../app/server-clock.ts";
import type { Difference } from "../model/difference.ts";
import { fetchJson, type Params } from "./client.ts";
import { parseElement, parseInstant, parseRecordedChange } from "./parse.ts";
import { parseDifference } from "./parse-difference.ts";

const STATUS_EVERY_MS = 10_000;
const INCIDENTS_EVERY_MS = 15_000;
const EVENTS_EVERY_MS = 10_000;
const OPERATIONS_EVERY_MS = 15_000;
const OPERATIONS_PAGE = 50;
/** The past may still change: what an agent buffered arrives late. */
const PAST_FRESH_MS = 60_000;
const CHANGES_PAGE = 1_000;
/** Changes kept for replay; a window with more is replayed from the server past this. */
const CHANGES_AT_MOST = 10_000;

/** Which part of the installation is looked at. */
export interface Scope {
  readonly cluster: string | undefined;
  readonly root: string | undefined;
}

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: async ({ signal }) => {
    const status = await fetchJson(StatusResponse, "/api/v1/status", { signal });
    learnServerTime(parseInstant(status.now));
    return status;
  },
  refetchInterval: STATUS_EVERY_MS,
});

export const incidentsQuery = queryOptions({
  queryKey: ["incidents"],
  queryFn: async ({ signal }) => (await fetchJson(IncidentsResponse, "/api/v1/incidents", { signal })).incidents,
  refetchInterval: INCIDENTS_EVERY_MS,
});

export const operationsQuery = infiniteQueryOptions({
  queryKey: ["operations"],
  queryFn: ({ signal, pageParam: after }) =>
    fetchJson(OperationsResponse, "/api/v1/operations", { params: { limit: OPERATIONS_PAGE, after }, signal }),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: ({ next }) => next,
  refetchInterval: OPERATIONS_EVERY_MS,
});

export interface PastTopology {
  readonly topology: Topology;
  readonly at: EpochMs;
  readonly revision: number;
  readonly historyBeginsAt: EpochMs | undefined;
}

export const topologyQuery = (scope: Scope, at: EpochMs) =>
  queryOptions({
    queryKey: ["topology", scope, at],
    queryFn: async ({ signal }): Promise<PastTopology> => {
      const wire = await fetchJson(TopologyResponse, "/api/v1/topology", { params: { ...scope, at }, signal });
      return {
        topology: topologyOf(wire.elements.map(parseElement)),
        at,
        revision: wire.revision,
        historyBeginsAt: wire.history_begins_at === undefined ? undefined : parseInstant(wire.history_begins_at),
      };
    },
    staleTime: PAST_FRESH_MS,
  });

export const differenceQuery = (scope: Scope, a: EpochMs, b: EpochMs) =>
  queryOptions({
    queryKey: ["difference", scope, a, b],
    queryFn: async ({ signal }): Promise<Difference> => {
      const params = { ...scope, from: a, to: b };
      return parseDifference(await fetchJson(DiffResponse, "/api/v1/topology/diff", { params, signal }));
    },
    staleTime: PAST_FRESH_MS,
  });

export interface ChangeSpan {
  readonly changes: readonly RecordedChange[];
  readonly from: EpochMs;
  /** Up to where `changes` is complete. */
  readonly to: EpochMs;
}

/** Every change of a span, oldest first, as far as there are not too many. */
export const changesQuery = (scope: Scope, from: EpochMs, to: EpochMs) =>
  queryOptions({
    queryKey: ["changes", scope, from, to],
    queryFn: async ({ signal }): Promise<ChangeSpan> => {
      const changes: RecordedChange[] = [];
      let after: string | undefined;
      do {
        const params: Params = { ...scope, from, to, after, limit: CHANGES_PAGE };
        const page = await fetchJson(ChangesResponse, "/api/v1/topology/changes", { params, signal });
        changes.push(...page.changes.map(parseRecordedChange));
        after = page.next;
      } while (after !== undefined && changes.length < CHANGES_AT_MOST);
      const last = changes.at(-1);
      return { changes, from, to: after === undefined || last === undefined ? to : parseInstant(last.at - 1) };
    },
    staleTime: PAST_FRESH_MS,
  });

/** The moment of the nearest change before or after another moment, wherever in the history it is. */
export const adjacentChangeQuery = (scope: Scope, at: EpochMs, direction: "previous" | "next") =>
  queryOptions({
    queryKey: ["adjacent", scope, at, direction],
    queryFn: async ({ signal }): Promise<EpochMs | null> => {
      const span = direction === "previous" ? { to: at - 1, order: "desc" } : { from: at, order: "asc" };
      const params = { ...scope, ...span, limit: 1 };
      const { changes } = await fetchJson(ChangesResponse, "/api/v1/topology/changes", { params, signal });
      const [change] = changes;
      return change === undefined ? null : parseInstant(change.at);
    },
  });

export const densityQuery = (scope: Scope, window: { from: EpochMs; to: EpochMs }, buckets: number) =>
  queryOptions({
    queryKey: ["density", scope, window.from, window.to, buckets],
    queryFn: ({ signal }) =>
      fetchJson(DensityResponse, "/api/v1/topology/density", { params: { ...scope, ...window, buckets }, signal }),
    placeholderData: keepPreviousData,
    staleTime: PAST_FRESH_MS,
  });

/** Changes of one element, newest first. */
export const historyQuery = (scope: Scope, id: ElementId) =>
  queryOptions({
    queryKey: ["history", scope.cluster, id],
    queryFn: async ({ signal }): Promise<readonly RecordedChange[]> => {
      const path = `/api/v1/topology/elements/${encodeURIComponent(id)}/history`;
      const params = { cluster: scope.cluster, limit: HISTORY_AT_MOST, order: "desc" };
      const { changes } = await fetchJson(ChangesResponse, path, { params, signal });
      return changes.map(parseRecordedChange);
    },
  });

const HISTORY_AT_MOST = 200;

/** What happened to one element, newest first. */
export const elementEventsQuery = (scope: Scope, id: ElementId) =>
  queryOptions({
    queryKey: ["events", scope.cluster, id],
    queryFn: ({ signal }) => fetchEvents({ cluster: scope.cluster, element: id, limit: HISTORY_AT_MOST }, signal),
    refetchInterval: EVENTS_EVERY_MS,
  });

/** What happened to an element and what stands below it, within a span, newest first. */
export const eventsWithinQuery = (
  cluster: string | undefined,
  root: string | undefined,
  span: { from: number; to: number },
) =>
  queryOptions({
    queryKey: ["events", cluster, root, span.from, span.to],
    queryFn: ({ signal }) => fetchEvents({ cluster, root, ...span, limit: EVENTS_AROUND_AT_MOST }, signal),
    staleTime: PAST_FRESH_MS,
  });

const EVENTS_AROUND_AT_MOST = 50;

async function fetchEvents(params: Params, signal: AbortSignal): Promise<readonly EventSchema[]> {
  return (await fetchJson(EventsResponse, "/api/v1/events", { params, signal })).events;
}

export const eventDensityQuery = (scope: Scope, window: { from: EpochMs; to: EpochMs }, buckets: number) =>
  queryOptions({
    queryKey: ["event-density", scope, window.from, window.to, buckets],
    queryFn: ({ signal }) =>
      fetchJson(EventDensityResponse, "/api/v1/events/density", { params: { ...scope, ...window, buckets }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: EVENTS_EVERY_MS,
  });

export const snapshotsQuery = (cluster: string | undefined) =>
  queryOptions({
    queryKey: ["snapshots", cluster],
    queryFn: async ({ signal }) => {
      const { snapshots } = await fetchJson(SnapshotsResponse, "/api/v1/topology/snapshots", {
        params: { cluster },
        signal,
      });
      return snapshots.toSorted((a, b) => b.at - a.at);
    },
  });
