import { ApiError } from "../../../collector/openstack/api/api-error.ts";
import type { Query, Reply, ServiceApi } from "../../../collector/openstack/api/service-api.ts";
import type { ApiObject } from "../../../collector/openstack/api/words.ts";
import { isRecord } from "../../../core/json.ts";

export type Row = { id: string; updated_at: string; [member: string]: unknown };

/**
 * Lists of objects behind `get`, paged as Nova and Neutron page them: sorted by id, by limit and marker, a marker that is gone is
 * refused. Something may happen before each answer.
 */
export class StubApi implements Pick<ServiceApi, "get"> {
  readonly lists = new Map<string, Map<string, Row>>();
  readonly asked: { readonly path: string; readonly query: Query }[] = [];
  readonly extensions = new Set(["standard-attr-timestamp", "standard-attr-revisions"]);
  /** Deleted servers, which Nova tells of when asked for changes. */
  readonly deleted = new Map<string, string>();
  nowMs = Date.parse("2026-01-01T00:00:00Z");
  pageSize = 1_000;
  maxVersion = "2.96";
  /** Cinder from 3.60 on. */
  tellsVolumeChanges = true;
  /** As for who may list all machines and not show one of another project. */
  hidesById = false;
  before: (path: string, query: Query) => void = () => {};

  rows(path: string): Map<string, Row> {
    const rows = this.lists.get(path) ?? new Map<string, Row>();
    this.lists.set(path, rows);
    return rows;
  }

  put(path: string, row: { id: string; [member: string]: unknown }): void {
    // Cinder dates no change of a volume that never changed.
    const isUndated = path === "/volumes/detail" && !this.rows(path).has(row.id);
    this.rows(path).set(row.id, { ...row, updated_at: isUndated ? "" : new Date(this.nowMs).toISOString() });
  }

  drop(path: string, id: string): void {
    if (this.rows(path).delete(id) && path === "/servers/detail") {
      this.deleted.set(id, new Date(this.nowMs).toISOString());
    }
  }

  async get(path: string, query: Query, _signal?: AbortSignal, headers: Record<string, string> = {}): Promise<Reply> {
    this.asked.push({ path, query });
    this.before(path, query);
    if (headers["openstack-api-version"]?.startsWith("volume ") && !this.tellsVolumeChanges) throw refused(path);
    return { body: this.#bodyOf(path, query), serverTimeMs: this.nowMs };
  }

  #bodyOf(path: string, query: Query): ApiObject {
    if (path === "/../") return { version: { version: this.tellsVolumeChanges ? "3.71" : "3.59", min_version: "3.0" } };
    if (path === "/") return { version: { version: this.maxVersion, min_version: "2.1" } };
    if (path === "/extensions") return { extensions: [...this.extensions].map((alias) => ({ alias })) };
    const single = SINGLE.exec(path)?.groups;
    if (single?.id !== undefined) {
      const { list = "", id } = single;
      const row = this.hidesById
        ? undefined
        : this.rows(list === "/lbaas/loadbalancers" ? list : `${list}/detail`).get(id);
      if (row === undefined) throw notFound(path);
      return { [SINGLE_MEMBERS[list] ?? ""]: row };
    }
    const member = MEMBERS[path] ?? path.slice(1).replaceAll("-", "_");
    const asked = (name: string) => query.filter(([key]) => key === name).map(([, value]) => String(value));
    const all = this.#matching(path, asked).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const [marker] = asked("marker");
    const from = marker === undefined ? 0 : all.findIndex(({ id }) => id === marker) + 1;
    if (marker !== undefined && from === 0) throw refused(path);
    const limit = Math.min(Number(asked("limit")[0] ?? Number.POSITIVE_INFINITY), this.pageSize);
    const page = all.slice(from, from + limit);
    const fields = asked("fields");
    const shown = page.map((row) =>
      fields.length === 0 ? row : Object.fromEntries(fields.map((name) => [name, row[name]])),
    );
    const last = page.at(-1);
    const hasMore = from + limit < all.length && last !== undefined;
    // A link to another host must not be followed there.
    const href = `http://elsewhere.invalid${path}?marker=${last?.id}`;
    return { [member]: shown, ...(hasMore ? { [`${member}_links`]: [{ rel: "next", href }] } : {}) };
  }

  #matching(path: string, asked: (name: string) => readonly string[]): readonly Row[] {
    const changed = asked("updated_at")[0]?.replace("gte:", "").concat("Z");
    const since = asked("changes-since")[0] ?? asked("changed_since")[0] ?? changed;
    const [ids, devices, [project], [used]] = [asked("id"), asked("device_id"), asked("project_id"), asked("image")];
    const of = path === "/volumes" ? "/volumes/detail" : path;
    const rows = [...this.rows(of).values()].filter(
      ({ id, updated_at, tenant_id, project_id, device_id, image }) =>
        (since === undefined || Date.parse(updated_at) >= Date.parse(since)) &&
        (ids.length === 0 || ids.includes(id)) &&
        (devices.length === 0 || devices.includes(String(device_id))) &&
        (project === undefined || project === (tenant_id ?? project_id)) &&
        (used === undefined || (isRecord(image) && image.id === used)),
    );
    if (path !== "/servers/detail" || since === undefined) return rows;
    const gone = [...this.deleted].filter(([, at]) => Date.parse(at) >= Date.parse(since));
    return [...rows, ...gone.map(([id, updated_at]) => ({ id, status: "DELETED", updated_at }))];
  }
}

/** One object of a list. */
const SINGLE = /^(?<list>\/servers|\/volumes|\/lbaas\/loadbalancers)\/(?!detail$)(?<id>.+)$/;
const SINGLE_MEMBERS: { readonly [list: string]: string } = {
  "/servers": "server",
  "/volumes": "volume",
  "/lbaas/loadbalancers": "loadbalancer",
};

const MEMBERS: { readonly [path: string]: string } = {
  "/servers/detail": "servers",
  "/volumes/detail": "volumes",
  "/lbaas/loadbalancers": "loadbalancers",
  "/os-services": "services",
  "/os-hypervisors/detail": "hypervisors",
  "/os-availability-zone/detail": "availabilityZoneInfo",
  "/os-aggregates": "aggregates",
  "/flavors/detail": "flavors",
};

function refused(path: string): ApiError {
  return new ApiError({ kind: "refused", message: `${path}: HTTP status 400`, hint: "marker not found" });
}

function notFound(path: string): ApiError {
  return new ApiError({ kind: "not_found", message: `${path}: HTTP status 404`, hint: "there is none" });
}

export function serverError(path: string): ApiError {
  return new ApiError({ kind: "server", message: `${path}: HTTP status 500`, hint: "look at its log" });
}
