import type { FastifyInstance } from "fastify";
import { systemClock } from "../../../core/clock.ts";
import { isWithin, parseElementId } from "../../../core/element-id.ts";
import { type Change, changedId, diff } from "../../../topology/model/change.ts";
import { compare } from "../../../topology/model/comparison/compare.ts";
import type { RecordedChange } from "../../../topology/model/revision.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import type { StatusResponse } from "../../../web/api/status.ts";
import type { DensityResponse, TopologyResponse } from "../../../web/api/topology.ts";
import { wireAdded, wireCounts, wireGroup, wireMoved, wireUpdated } from "../../../web/server/wire-comparison.ts";
import { CLUSTER, type World } from "./fixture-world.ts";

type Query = { readonly [name: string]: string | undefined };

/** The topology API, in the shapes of web/api, from memory. */
export function registerTopology(app: FastifyInstance, { history, snapshots }: World): void {
  app.get("/api/v1/topology", (request): TopologyResponse => {
    const { at } = request.query as Query;
    const moment = at === undefined ? systemClock.now() : Number(at);
    return {
      cluster: CLUSTER,
      at: moment,
      revision: history.revision(),
      history_begins_at: history.beginsAt,
      elements: [...history.at(moment).values()] as TopologyResponse["elements"],
    };
  });
  app.get("/api/v1/topology/diff", (request) => {
    const { from, to } = request.query as Query;
    return differenceOf(history.at(Number(from)), history.at(Number(to)), Number(from), Number(to));
  });
  app.get("/api/v1/topology/changes", (request) => {
    const { from, to, after, limit, order, root } = request.query as Query;
    const all = history
      .changes(Number(from ?? 0), Number(to ?? systemClock.now()))
      .filter(({ change }) => root === undefined || changedId(change).startsWith(root))
      .map(wireRecorded);
    if (order === "desc") all.reverse();
    const start = Number(after ?? 0);
    const end = start + Number(limit ?? 100);
    return { changes: all.slice(start, end), next: end < all.length ? String(end) : undefined };
  });
  app.get("/api/v1/topology/density", (request): DensityResponse => {
    const { from, to, buckets } = request.query as Query;
    return densityOf(history.changes(0, Number.MAX_SAFE_INTEGER), Number(from), Number(to), Number(buckets));
  });
  app.get("/api/v1/topology/elements/:id/history", (request) => {
    const id = parseElementId((request.params as { id: string }).id);
    const changes = history.changes(0, Number.MAX_SAFE_INTEGER).filter(({ change }) => changedId(change) === id);
    return { changes: changes.map(wireRecorded).reverse() };
  });
  app.get("/api/v1/events", () => ({ events: [] }));
  app.get("/api/v1/events/density", (request) => {
    const { from, to } = request.query as Query;
    return { from: Number(from), to: Number(to), buckets: [] };
  });
  app.get("/api/v1/topology/snapshots", () => ({ snapshots }));
  app.post("/api/v1/topology/snapshots", (request, reply) => {
    const { name, at, note } = request.body as { name: string; at?: string; note?: string };
    if (snapshots.some((snapshot) => snapshot.name === name)) {
      const detail = `there is already a snapshot ${name}`;
      return reply.code(409).send(problem(409, "snapshot.exists", detail, "choose another name"));
    }
    const now = systemClock.now();
    const moment = at === undefined ? now : Number(at);
    snapshots.push({
      name,
      cluster: CLUSTER,
      at: moment,
      revision: 1,
      created_at: now,
      created_by: "local",
      note: note ?? "",
    });
    return reply.code(201).send(snapshots.at(-1));
  });
  app.delete("/api/v1/topology/snapshots/:name", (request, reply) => {
    const index = snapshots.findIndex(({ name }) => name === (request.params as { name: string }).name);
    if (index >= 0) snapshots.splice(index, 1);
    return reply.code(204).send();
  });
}

export function registerOperations(app: FastifyInstance, world: World, mode: "loopback" | "tokens"): void {
  app.get("/api/v1/incidents", () => ({ incidents: world.incidents }));
  app.post("/api/v1/incidents/:id/ack", (request, reply) => {
    const { id } = request.params as { id: string };
    const index = world.incidents.findIndex((incident) => incident.id === id);
    const incident = world.incidents[index];
    if (incident !== undefined) {
      world.incidents[index] = { ...incident, acknowledged_at: systemClock.now(), acknowledged_by: "local" };
    }
    return reply.code(204).send();
  });
  app.get(
    "/api/v1/status",
    (): StatusResponse => ({
      version: "0.1.0",
      now: systemClock.now(),
      clusters: [CLUSTER],
      access: mode === "loopback" ? { mode, role: "admin" } : { mode, role: "operator", name: "wang" },
      agents: world.agents,
      parts: [
        { name: "topology store", state: "ok", detail: "DuckDB, 1.2 MB" },
        { name: "metric store", state: "ok", detail: "DuckDB, head of 3 h" },
        {
          name: "influxdb",
          state: "degraded",
          detail: "last write refused with 503",
          hint: "the spool holds 14 MB; nothing is lost",
        },
        { name: "feishu", state: "off", detail: "not configured", hint: "set alerts.feishu in the configuration" },
      ],
    }),
  );
  app.get("/api/v1/operations", (request) => {
    const { after, limit } = request.query as Query;
    const start = Number(after ?? 0);
    const end = start + Number(limit ?? 100);
    const { operations } = world;
    return { operations: operations.slice(start, end), next: end < operations.length ? String(end) : undefined };
  });
  app.get("/api/v1/series", () => ({ status: "success", data: [{ __name__: "measured" }] }));
  app.get("/api/v1/query_range", (request) => {
    const { query, start, end, step } = request.query as Query;
    return rangeOf(query ?? "", Number(start), Number(end), Number(step));
  });
}

export function problem(status: number, code: string, detail: string, hint: string) {
  return { type: "about:blank", title: code, status, code, detail, hint };
}

function differenceOf(before: Topology, after: Topology, from: number, to: number) {
  const comparison = compare(diff(before, after));
  const { added, removed, updated, moved, unknown, groups } = comparison;
  return {
    cluster: CLUSTER,
    from,
    to,
    counts: wireCounts(comparison),
    unknown_hosts: [],
    added: added.map(wireAdded),
    removed: removed.map(({ element }) => element),
    updated: updated.map(wireUpdated),
    moved: moved.map(wireMoved),
    unknown: unknown.map(({ element }) => element),
    groups: groups.map(wireGroup),
  };
}

function densityOf(changes: readonly RecordedChange[], from: number, to: number, count: number): DensityResponse {
  const size = (to - from) / count;
  const buckets = Array.from({ length: count }, (_, index) => ({
    from: from + index * size,
    to: from + (index + 1) * size,
    added: 0,
    updated: 0,
    removed: 0,
  }));
  for (const { at, change } of changes) {
    const bucket = buckets[Math.floor((at - from) / size)];
    if (bucket === undefined) continue;
    if (change.kind === "add") bucket.added++;
    else if (change.kind === "remove") bucket.removed++;
    else bucket.updated++;
  }
  return { from, to, buckets };
}

/** A series that wanders the same way for the same query. */
function rangeOf(query: string, start: number, end: number, step: number) {
  const seed = [...query].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000, 1);
  const size = /bytes\{.*\* 8/.test(query) || query.includes("_bytes") ? 4e8 : query.includes("errors") ? 0 : 40;
  const values: [number, string][] = [];
  for (let time = start; time <= end; time += step) {
    const wave = 1 + 0.5 * Math.sin(time / 300 + seed) + 0.2 * Math.sin(time / 47 + seed * 3);
    values.push([time, String(size * wave * (0.4 + seed / 1_500))]);
  }
  return { status: "success", data: { resultType: "matrix", result: [{ metric: {}, values }] } };
}

export function wireChange(change: Change) {
  return change.kind === "add"
    ? { kind: change.kind, element: change.element, renamed_from: change.renamedFrom }
    : change;
}

function wireRecorded({ knownAt, change, ...rest }: RecordedChange) {
  return { ...rest, known_at: knownAt, change: wireChange(change) };
}

/** Elements of a subscription's scope. */
export function withinScope(topology: Topology, root: string | undefined) {
  const id = root === undefined ? undefined : parseElementId(root);
  const elements = [...topology.values()];
  return id === undefined ? elements : elements.filter((element) => isWithin(element.id, id));
}
