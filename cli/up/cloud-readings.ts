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
export function zoneReadings({ cluster, counts }: Recorder, host: string): readonly CloudReading<"cloud">[] {
  const zones = new Map<string, CloudReading<"cloud">>();
  for (const [id, counters] of counts()) {
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
export function* hostReadings({ cluster, graph }: Recorder): Iterable<CloudReading<"cloud_host">> {
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
/** Of one reading; a storm of more is told in part, the ones that were there before first. */
const MAX_ALERT_LINES = 5_000;

/** Counts alerts by rule, state and what they are about, and remembers which ended not long ago. */
export class AlertCounts {
  readonly #ended = new Map<string, { readonly tags: AlertTags; readonly untilMs: number }>();

  read(alerts: readonly CountedAlert[], nowMs: number): readonly CloudReading<"alerts">[] {
    const counts = new Map<string, { readonly tags: AlertTags; count: number }>();
    for (const { tags, untilMs } of this.#ended.values()) {
      if (untilMs > nowMs) counts.set(JSON.stringify(tags), { tags, count: 0 });
    }
    for (const alert of alerts) {
      const tags = tagsOf(alert);
      const key = JSON.stringify(tags);
      const known = counts.get(key);
      if (known !== undefined) known.count++;
      else if (counts.size < MAX_ALERT_LINES) counts.set(key, { tags, count: 1 });
    }
    for (const [key, { tags, count }] of counts) {
      if (count > 0) this.#ended.set(key, { tags, untilMs: nowMs + TELL_ENDED_MS });
    }
    for (const [key, { untilMs }] of this.#ended) if (untilMs <= nowMs) this.#ended.delete(key);
    return Array.from(counts.values(), ({ tags, count }) => ({ measurement: "alerts", tags, fields: { count } }));
  }
}

type AlertTags = CloudReading<"alerts">["tags"];

function tagsOf({ labels, state }: CountedAlert): AlertTags {
  const { alertname = "", severity = "", cluster = "", host = "" } = labels;
  return { alertname, severity, alertstate: state, cluster, host };
}

export function pointOf({ measurement, tags, fields }: CloudReading, at: Point["at"]): Point {
  const ints = Object.entries<number>(fields).map(([name, value]) => [name, { int: value }]);
  return { measurement, tags: { ...tags }, fields: Object.fromEntries(ints), at };
}
