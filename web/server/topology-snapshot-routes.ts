import { Type } from "typebox";
import { nameOf } from "../../core/access.ts";
import { type EpochMs, toRfc3339 } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Snapshot } from "../../topology/model/revision.ts";
import { NewSnapshot, SnapshotSchema, SnapshotsResponse } from "../api/topology.ts";
import type { HttpServer } from "./http.ts";
import { noteOperation } from "./operations.ts";
import { isInstantText } from "./time-expression.ts";
import { ClusterQuery, plainJson } from "./topology-parameters.ts";
import { askedOf, type TopologyDeps } from "./topology-request.ts";
import { wireSnapshot } from "./wire.ts";

const MAX_SNAPSHOTS = 10_000;
const URL = "/api/v1/topology/snapshots";

/** `GET`, `POST` and `DELETE /api/v1/topology/snapshots` */
export function registerSnapshotRoutes(app: HttpServer, deps: TopologyDeps): void {
  app.route({
    method: "GET",
    url: URL,
    config: { access: "viewer" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Named moments of a cluster",
      querystring: ClusterQuery,
      response: { 200: SnapshotsResponse },
    },
    handler: async (request): Promise<SnapshotsResponse> => {
      const snapshots = await deps.store.snapshots(askedOf(deps, request.query.cluster).cluster);
      return { snapshots: snapshots.map(wireSnapshot) };
    },
  });

  app.route({
    method: "POST",
    url: URL,
    config: { access: "operator", operation: "snapshot.create" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Give a moment a name; now unless told otherwise",
      body: NewSnapshot,
      response: { 201: SnapshotSchema },
    },
    handler: async (request, reply) => {
      noteOperation(request, { cluster: request.body.cluster, element: `snapshot ${request.body.name}` });
      const snapshot = await newSnapshot(deps, request.body, nameOf(request.identity));
      const { cluster, at, revision, note } = snapshot;
      noteOperation(request, { cluster, after: `${toRfc3339(at)} revision ${revision} ${note}`.trim() });
      await deps.store.addSnapshot(snapshot);
      return reply.code(201).send(wireSnapshot(snapshot));
    },
  });

  app.route({
    method: "DELETE",
    url: `${URL}/:name`,
    config: { access: "operator", operation: "snapshot.delete" },
    ...plainJson,
    schema: {
      tags: ["topology"],
      summary: "Forget a name; the history stays",
      params: Type.Object({ name: Type.String({ maxLength: 200 }) }),
      querystring: ClusterQuery,
      response: { 204: Type.Null() },
    },
    handler: async (request, reply) => {
      const { cluster } = askedOf(deps, request.query.cluster);
      noteOperation(request, { cluster, element: `snapshot ${request.params.name}` });
      const before = (await deps.store.snapshots(cluster)).find(({ name }) => name === request.params.name);
      if (before !== undefined) {
        const { at, revision, createdBy } = before;
        noteOperation(request, { before: `${toRfc3339(at)} revision ${revision}, made by ${createdBy}` });
      }
      const existed = await deps.store.removeSnapshot(cluster, request.params.name);
      if (!existed) throw snapshotUnknown(cluster, request.params.name);
      return reply.code(204).send(null);
    },
  });
}

async function newSnapshot(deps: TopologyDeps, body: NewSnapshot, createdBy: string): Promise<Snapshot> {
  const asked = askedOf(deps, body.cluster, [body.at]);
  refuseInstant(body.name, asked.now);
  const { at, isLive } = await asked.moment(body.at);
  if (at > asked.now) throw notYet();
  if ((await deps.store.snapshots(asked.cluster)).length >= MAX_SNAPSHOTS) throw tooMany(asked.cluster);
  const revision = isLive ? asked.recorder.revision() : await deps.store.lastRevisionBy(asked.cluster, at);
  const { name, note = "" } = body;
  return { name, cluster: asked.cluster, at, revision, createdAt: asked.now, createdBy, note };
}

/** A snapshot called `1700000000` could never be asked for. */
function refuseInstant(name: string, now: EpochMs): void {
  if (!isInstantText(name, now)) return;
  throw new OperatorError({
    code: "snapshot.name_is_a_time",
    message: `${name} already means a moment by itself`,
    hint: "choose a name with a letter in it, as before-upgrade",
    status: 400,
  });
}

function notYet(): OperatorError {
  return new OperatorError({
    code: "snapshot.not_yet",
    message: "the moment lies in the future",
    hint: "leave `at` out to name this moment",
    status: 400,
  });
}

function tooMany(cluster: string): OperatorError {
  return new OperatorError({
    code: "snapshot.too_many",
    message: `cluster ${cluster} has ${MAX_SNAPSHOTS} snapshots`,
    hint: "delete some that nobody needs",
    status: 409,
  });
}

function snapshotUnknown(cluster: string, name: string): OperatorError {
  return new OperatorError({
    code: "snapshot.unknown",
    message: `cluster ${cluster} has no snapshot called ${name}`,
    hint: `GET ${URL} lists them`,
    status: 404,
  });
}
