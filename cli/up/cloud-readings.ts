import { isLink, type Node } from "../../core/element.ts";
import { hostId, ownerHostOf, segmentsOf } from "../../core/element-id.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { CLOUD_METRICS } from "../../core/metrics/cloud-metrics.ts";
import { placesOf } from "../../topology/derive/places.ts";
import { type Change, changedId } from "../../topology/model/change.ts";
import type { Revision } from "../../topology/model/revision.ts";
import type { Recorder } from "../../topology/recorder.ts";

type Catalogue = typeof CLOUD_METRICS;

/** A line of `CLOUD_METRICS` without its time; an empty tag is not written. */
interface ReadingOf<M extends keyof Catalogue> {
  readonly measurement: M;
  readonly tags: { readonly [Tag in Catalogue[M]["tags"][number] | "cluster" | "host"]: string };
  readonly fields: { readonly [Field in keyof Catalogue[M]["fields"]]: number };
}
export type CloudReading<M extends keyof Catalogue = keyof Catalogue> = { [Each in M]: ReadingOf<Each> }[M];

interface Place {
  readonly region: string;
  readonly zone: string;
  readonly rack: string;
}

/** What is in each zone of a cluster. */
export function zoneReadings(
  recorder: Pick<Recorder, "cluster" | "counts">,
  host: string,
): readonly CloudReading<"cloud">[] {
  const { cluster } = recorder;
  const zones = new Map<string, CloudReading<"cloud">>();
  for (const [id, counters] of recorder.counts()) {
    const { region, zone } = placeOf(id);
    const key = JSON.stringify([region, zone]);
    const before = zones.get(key)?.fields;
    const sum = (field: keyof CloudReading<"cloud">["fields"], counter: string) =>
      (before?.[field] ?? 0) + (counters[counter] ?? 0);
    zones.set(key, {
      measurement: "cloud",
      tags: { cluster, host, region, zone },
      fields: {
        hosts: sum("hosts", "host"),
        agents: sum("agents", "agent"),
        agents_silent: sum("agents_silent", "silent"),
        vms: sum("vms", "vm"),
        interfaces_down: sum("interfaces_down", "down"),
      },
    });
  }
  return [...zones.values()];
}

/** Each host that has an agent, and where it stands. */
export function* hostReadings({
  cluster,
  graph,
}: Pick<Recorder, "cluster" | "graph">): Iterable<CloudReading<"cloud_host">> {
  for (const id of graph.ofKind("agent")) {
    const agent = graph.get(id);
    if (agent === undefined || isLink(agent) || agent.host === undefined) continue;
    const place = placeOf((graph.get(hostId(agent.host)) as Node | undefined)?.parent);
    const up = agent.attributes.session === "silent" ? 0 : 1;
    yield { measurement: "cloud_host", tags: { cluster, host: agent.host, ...place }, fields: { up } };
  }
}

/** `region/r/zone/z/rack/k` by its parts, as far as it goes. */
function placeOf(parent: Node["parent"]): Place {
  const [region = "", zone = "", rack = ""] = placesOf(parent).map((id) => segmentsOf(id).at(-1) ?? "");
  return { region, zone, rack };
}

/** Counts changes by cluster and host until they are taken; bounded by the hosts there are. */
export class ChangeCounts {
  #counts = new Map<string, CloudReading<"topology_changes">>();

  note({ cluster, changes }: Pick<Revision, "cluster" | "changes">): void {
    for (const change of changes) {
      const host = hostOf(change);
      const key = JSON.stringify([cluster, host]);
      const fields = this.#counts.get(key)?.fields ?? { added: 0, removed: 0, updated: 0 };
      const field = FIELDS[change.kind];
      this.#counts.set(key, {
        measurement: "topology_changes",
        tags: { cluster, host },
        fields: { ...fields, [field]: fields[field] + 1 },
      });
    }
  }

  take(): readonly CloudReading<"topology_changes">[] {
    const taken = [...this.#counts.values()];
    this.#counts = new Map();
    return taken;
  }
}

const FIELDS = { add: "added", remove: "removed", update: "updated" } as const;

/** Empty for what stands on no host. */
function hostOf(change: Change): string {
  const told = change.kind === "update" || isLink(change.element) ? undefined : change.element.host;
  return told ?? ownerHostOf(changedId(change)) ?? "";
}

/** An alert as `GET /api/v1/alerts` has it. */
export interface CountedAlert {
  readonly labels: { readonly [name: string]: string };
  readonly state: string;
}

/** As long as a query looks back for a sample: an alert that ended is told as 0 until its last 1 is out of sight. */
const TELL_ENDED_MS = 300_000;
/** Of one reading, rules and hosts that are told each by itself, the ones that were there before first; of a storm the rest is told by rule. */
const MAX_ALERT_LINES = 5_000;

interface AlertGroup {
  readonly tags: AlertTags;
  count: number;
}

/**
 * Counts alerts by rule, state and what they are about, and remembers which ended not long ago. However many there are, the sum over a
 * cluster is right.
 */
export class AlertCounts {
  #merged = 0;
  /** As told last; undefined before the first reading, when nothing that is there has just begun. */
  #before: ReadonlyMap<string, AlertGroup> | undefined;
  /** Until when groups that had alerts are told. */
  readonly #until = new Map<string, number>();

  /** Alerts of the last reading that were told without their host. */
  get merged(): number {
    return this.#merged;
  }

  read(alerts: readonly CountedAlert[], nowMs: number): readonly CloudReading<"alerts">[] {
    const groups = this.#remembered(nowMs);
    this.#merged = 0;
    for (const alert of alerts) {
      const tags = tagsOf(alert);
      if (countIn(groups, tags, groups.size < MAX_ALERT_LINES)) continue;
      countIn(groups, { ...tags, host: "" }, true);
      this.#merged++;
    }
    for (const [key, { count }] of groups) if (count > 0) this.#until.set(key, nowMs + TELL_ENDED_MS);
    const before = this.#before ?? groups;
    this.#before = groups;
    return Array.from(groups, ([key, { tags, count }]) => ({
      measurement: "alerts",
      tags,
      fields: { count, started: Math.max(0, count - (before.get(key)?.count ?? 0)) },
    }));
  }

  /** Groups that had alerts not long ago, with none yet. */
  #remembered(nowMs: number): Map<string, AlertGroup> {
    const groups = new Map<string, AlertGroup>();
    for (const [key, untilMs] of this.#until) {
      const tags = this.#before?.get(key)?.tags;
      if (tags !== undefined && untilMs > nowMs) groups.set(key, { tags, count: 0 });
      else this.#until.delete(key);
    }
    return groups;
  }
}

type AlertTags = CloudReading<"alerts">["tags"];

/** False where there is no such group and none may come. */
function countIn(groups: Map<string, AlertGroup>, tags: AlertTags, hasRoom: boolean): boolean {
  const key = JSON.stringify(tags);
  const known = groups.get(key);
  if (known !== undefined) known.count++;
  else if (hasRoom) groups.set(key, { tags, count: 1 });
  return known !== undefined || hasRoom;
}

function tagsOf({ labels, state }: CountedAlert): AlertTags {
  const { alertname = "", severity = "", cluster = "", host = "" } = labels;
  return { alertname, severity, alertstate: state, cluster, host };
}

export function pointOf({ measurement, tags, fields }: CloudReading, at: Point["at"]): Point {
  const ints = Object.entries<number>(fields).map(([name, value]) => [name, { int: value }]);
  return { measurement, tags: { ...tags }, fields: Object.fromEntries(ints), at };
}
