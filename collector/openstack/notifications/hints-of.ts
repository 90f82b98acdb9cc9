import { isRecord } from "../../../core/json.ts";
import type { Notification } from "./envelope.ts";
import type { ChangedKind, ChangeHint } from "./hint.ts";

type Hint = Omit<ChangeHint, "cluster">;
type Payload = Notification["payload"];

/** Neutron's words for what it has, which are the keys of its payloads, and ours. */
const NEUTRON_KINDS: Readonly<Record<string, ChangedKind>> = {
  network: "network",
  subnet: "subnet",
  port: "port",
  router: "router",
  floatingip: "floating-ip",
  security_group: "security-group",
};
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What a notification says has changed; nothing when it is of no interest. A text says what is wrong with it. What has only
 * begun (`.start`) is none, since the API would tell the state before; but a machine that is being built is there.
 * Source: nova, doc/notification_samples, notifications/base.py, objects/service.py; neutron, notifiers and api/v2/base.py; cinder,
 * volume/volume_utils.py; octavia, controller/worker/v2/tasks/notification_tasks.py; keystone, notifications.py.
 */
export function hintsOf({ eventType, payload }: Notification): readonly Hint[] | string {
  if (/\.(?:start|exists)$/.test(eventType) && !/\binstance\.create\.start$/.test(eventType)) return [];
  if (eventType.startsWith("instance.")) return versionedInstance(eventType, payload);
  if (eventType.startsWith("compute.instance.")) return server(payload.instance_id, eventType);
  if (eventType.startsWith("router.interface.")) return routerInterface(payload);
  if (eventType.startsWith("volume.")) return volume(payload, eventType);
  if (eventType.startsWith("octavia.loadbalancer.")) return loadBalancer(payload, eventType);
  const named = NAMELESS.find(([pattern]) => pattern.test(eventType));
  if (named !== undefined) return named[1].map((hint) => ({ ...hint, id: undefined, deleted: false }));
  const [, resource = "", verb = ""] = /^([a-z_]+)\.(create|update|delete)\.end$/.exec(eventType) ?? [];
  if (resource === "security_group_rule") return securityGroupRule(payload);
  const kind = Object.hasOwn(NEUTRON_KINDS, resource) ? NEUTRON_KINDS[resource] : undefined;
  return kind === undefined ? [] : neutronObject(kind, payload, { resource, deleted: verb === "delete" });
}

/** What is read as a whole list: which one it is says nothing. Nova tells of its services what an operator does, no heartbeats. */
const NAMELESS: readonly (readonly [RegExp, readonly Pick<Hint, "service" | "kind">[]])[] = [
  [/^service\.update$/, [{ service: "nova", kind: "compute-service" }]],
  [
    /^service\.(?:create|delete)$/,
    [
      { service: "nova", kind: "compute-service" },
      { service: "nova", kind: "hypervisor" },
    ],
  ],
  [/^aggregate\.(?!cache_images)/, [{ service: "nova", kind: "aggregate" }]],
  [/^identity\.project\./, [{ service: "keystone", kind: "project" }]],
];

/** Cinder's. Nova has `volume.usage`, which is no change. */
function volume({ volume_id: id }: Payload, eventType: string): readonly Hint[] | string {
  if (eventType === "volume.usage") return [];
  if (!isUuid(id)) return `${eventType} names no volume`;
  return [{ service: "cinder", kind: "volume", id, deleted: eventType === "volume.delete.end" }];
}

/** The driver's words in newer versions, the API's in older ones. */
function loadBalancer({ loadbalancer_id, id = loadbalancer_id }: Payload, eventType: string): readonly Hint[] | string {
  if (!isUuid(id)) return `${eventType} names no load balancer`;
  return [{ service: "octavia", kind: "load-balancer", id, deleted: eventType.endsWith("delete.end") }];
}

/** `{"nova_object.data": {"uuid": …}}` */
function versionedInstance(eventType: string, payload: Payload): readonly Hint[] | string {
  const data = payload["nova_object.data"];
  return isRecord(data) ? server(data.uuid, eventType) : "has no nova_object.data";
}

function server(id: unknown, eventType: string): readonly Hint[] | string {
  if (!isUuid(id)) return `${eventType} names no instance`;
  return [{ service: "nova", kind: "server", id, deleted: eventType.endsWith("instance.delete.end") }];
}

/** `{port: {id}}`, of many at once `{ports: [{id}]}`, of what is gone `{port_id}`. */
function neutronObject(
  kind: ChangedKind,
  payload: Payload,
  { resource, deleted }: { readonly resource: string; readonly deleted: boolean },
): readonly Hint[] | string {
  const { [resource]: one, [`${resource}s`]: many, [`${resource}_id`]: goneId } = payload;
  const ids = Array.isArray(many) ? many.map(idOf) : [isRecord(one) ? one.id : goneId];
  if (ids.length > MOST_OBJECTS) return [{ service: "neutron", kind, id: undefined, deleted: false }];
  if (!ids.every(isUuid)) return `names no ${kind}`;
  return ids.map((id) => ({ service: "neutron", kind, id, deleted }));
}

/** Past these asking one by one is slower than asking for all. */
const MOST_OBJECTS = 200;

const idOf = (value: unknown): unknown => (isRecord(value) ? value.id : undefined);

/** `{router_interface: {id: <router>, port_id}}` */
function routerInterface(payload: Payload): readonly Hint[] | string {
  const { router_interface: at } = payload;
  if (!isRecord(at) || !isUuid(at.id)) return "names no router";
  const router: Hint = { service: "neutron", kind: "router", id: at.id, deleted: false };
  return isUuid(at.port_id) ? [router, { ...router, kind: "port", id: at.port_id }] : [router];
}

/** A rule is part of its group; of one that is gone older versions say its own id only. */
function securityGroupRule(payload: Payload): readonly Hint[] {
  const { security_group_rule: rule, security_group_rules: rules } = payload;
  const groups = (Array.isArray(rules) ? rules : [rule]).map((it) => (isRecord(it) ? it.security_group_id : undefined));
  const ids = [...new Set(groups.map((id) => (isUuid(id) ? id : undefined)))];
  return ids.slice(0, MOST_OBJECTS).map((id) => ({ service: "neutron", kind: "security-group", id, deleted: false }));
}

function isUuid(value: unknown): value is string {
  return typeof value === "string" && UUID.test(value);
}
