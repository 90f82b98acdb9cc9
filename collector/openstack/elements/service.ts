import {
  type ApiObject,
  attributesOf,
  booleanAt,
  cut,
  idAt,
  nameOf,
  numberAt,
  recordAt,
  recordsAt,
  textAt,
  textsAt,
} from "../api/words.ts";
import { type ElementContext, neutronId, nodeOf, openstackId, type ToldObject, told } from "./element-context.ts";

// What keeps a cloud going: agents of Neutron, services of Nova and Cinder, zones, aggregates. Heartbeats are metrics: they
// change all the time.

export function neutronAgentElements(agent: ApiObject, context: ElementContext): ToldObject | undefined {
  const [id, host] = [idAt(agent), textAt(agent, "host")];
  if (id === undefined) return undefined;
  const type = textAt(agent, "agent_type") ?? textAt(agent, "binary") ?? id;
  const configurations = recordAt(agent, "configurations");
  const values = {
    agent_type: type,
    binary: textAt(agent, "binary"),
    alive: booleanAt(agent, "alive"),
    admin_up: booleanAt(agent, "admin_state_up"),
    az: textAt(agent, "availability_zone"),
    tunneling_ip: textAt(configurations, "tunneling_ip"),
    tunnel_types: textsAt(configurations, "tunnel_types").toSorted(),
  };
  const name = host === undefined ? type : `${type} ${host}`;
  return told(nodeOf({ id: neutronId("agent", id), kind: "neutron-agent", name, host, values }, context));
}

/** Of Nova and of Cinder: `nova-compute` on a host. */
export function serviceElements(service: ApiObject, context: ElementContext): ToldObject | undefined {
  const [binary, host] = [textAt(service, "binary"), textAt(service, "host")];
  if (binary === undefined || host === undefined) return undefined;
  // Of a cell that is down Nova knows no more than the name.
  const isUnknown = service.status === "UNKNOWN";
  const values = {
    binary,
    status: textAt(service, "status"),
    state: isUnknown ? "unknown" : textAt(service, "state"),
    az: textAt(service, "zone"),
    disabled_reason: textAt(service, "disabled_reason"),
    forced_down: booleanAt(service, "forced_down"),
  };
  // Cinder's are of a backend: host@backend.
  const id = openstackId("service", context.region, binary, host);
  return told(nodeOf({ id, kind: "service", name: `${binary} ${host}`, host: host.split("@")[0], values }, context));
}

/** Of `GET /os-availability-zone/detail`: the object is `{zoneName, zoneState: {available}, hosts}`. */
export function zoneElements(zone: ApiObject, context: ElementContext): ToldObject | undefined {
  const name = textAt(zone, "zoneName");
  if (name === undefined) return undefined;
  const values = {
    available: booleanAt(recordAt(zone, "zoneState"), "available"),
    hosts: Object.keys(recordAt(zone, "hosts")).toSorted(),
  };
  const id = openstackId("zone", context.region, name);
  return told(nodeOf({ id, kind: "availability-zone", name, values }, context));
}

/** Characters of a name, and of a value; Nova takes 255 of each. */
const MOST_METADATA = 200;

export function aggregateElements(aggregate: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(aggregate);
  if (id === undefined) return undefined;
  const metadata = recordAt(aggregate, "metadata");
  const own = Object.keys(metadata)
    .toSorted()
    .slice(0, 50)
    .map((name) => [cut(`metadata.${name}`, MOST_METADATA), cut(textAt(metadata, name) ?? "", MOST_METADATA)] as const);
  const values = {
    az: textAt(aggregate, "availability_zone"),
    hosts: textsAt(aggregate, "hosts").toSorted(),
    ...attributesOf(Object.fromEntries(own)),
  };
  const parts = {
    id: openstackId("aggregate", context.region, id),
    kind: "aggregate",
    name: nameOf(aggregate, id),
    values,
  } as const;
  return told(nodeOf(parts, context));
}

export function projectElements(project: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(project);
  if (id === undefined) return undefined;
  const values = { enabled: booleanAt(project, "enabled"), domain_id: textAt(project, "domain_id") };
  return told(nodeOf({ id: openstackId("project", id), kind: "project", name: nameOf(project, id), values }, context));
}

export function volumeElements(volume: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(volume);
  if (id === undefined) return undefined;
  const project = textAt(volume, "os-vol-tenant-attr:tenant_id");
  const values = {
    size_gib: numberAt(volume, "size"),
    status: textAt(volume, "status"),
    volume_type: textAt(volume, "volume_type"),
    bootable: volume.bootable === "true",
    az: textAt(volume, "availability_zone"),
    backend: textAt(volume, "os-vol-host-attr:host"),
    project_id: project,
    project: context.projects.get(project),
    server_ids: recordsAt(volume, "attachments")
      .flatMap((attachment) => idAt(attachment, "server_id") ?? [])
      .toSorted(),
  };
  return told(nodeOf({ id: openstackId("volume", id), kind: "volume", name: nameOf(volume, id), values }, context));
}
