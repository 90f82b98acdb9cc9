import { describe, expect, test } from "vitest";
import { MOST_BYTES, readNotification } from "../../../../collector/openstack/notifications/envelope.ts";
import { hintsOf } from "../../../../collector/openstack/notifications/hints-of.ts";
import { instance, osloMessage, PORT, ROUTER, SERVER } from "./oslo-message.ts";

const NETWORK = "3dc01e25-1489-4943-a4a8-d7bc44f1206a";
const VOLUME = "90e9e1cd-7d3c-4d2b-b5ec-0f2a5e1d6c7a";
const service = { "nova_object.data": { host: "cmp-1", binary: "nova-compute", disabled: true } };
const aggregate = { "nova_object.data": { id: 1, hosts: ["cmp-1"] } };
const GROUP = "85cc3048-abc3-43cc-89b3-377341426ac5";

/** `kind id`, with a minus before what is gone. */
function told(eventType: string, payload: unknown): readonly string[] | string {
  const notification = readNotification(osloMessage(eventType, payload));
  if (typeof notification === "string") return notification;
  const hints = hintsOf(notification);
  if (typeof hints === "string") return hints;
  return hints.map(({ kind, id, deleted }) => `${deleted ? "-" : ""}${kind} ${id}`);
}

describe("a notification tells that", () => {
  test.each([
    ["instance.create.start", instance(SERVER), [`server ${SERVER}`]],
    ["instance.create.end", instance(SERVER), [`server ${SERVER}`]],
    ["instance.update", instance(SERVER), [`server ${SERVER}`]],
    ["instance.live_migration_post.end", instance(SERVER), [`server ${SERVER}`]],
    ["instance.live_migration_post_dest.end", instance(SERVER), [`server ${SERVER}`]],
    ["instance.create.error", instance(SERVER), [`server ${SERVER}`]],
    ["instance.delete.end", instance(SERVER), [`-server ${SERVER}`]],
    ["instance.soft_delete.end", instance(SERVER), [`server ${SERVER}`]],
    ["compute.instance.create.end", { instance_id: SERVER, tenant_id: "x" }, [`server ${SERVER}`]],
    ["compute.instance.delete.end", { instance_id: SERVER }, [`-server ${SERVER}`]],
    ["port.create.end", { port: { id: PORT } }, [`port ${PORT}`]],
    ["port.update.end", { port: { id: PORT, "binding:host_id": "cmp-1" } }, [`port ${PORT}`]],
    ["port.delete.end", { port_id: PORT }, [`-port ${PORT}`]],
    ["port.delete.end", { port_id: PORT, port: { id: PORT } }, [`-port ${PORT}`]],
    ["port.create.end", { ports: [{ id: PORT }, { id: NETWORK }] }, [`port ${PORT}`, `port ${NETWORK}`]],
    ["network.update.end", { network: { id: NETWORK } }, [`network ${NETWORK}`]],
    ["subnet.delete.end", { subnet_id: NETWORK }, [`-subnet ${NETWORK}`]],
    ["router.create.end", { router: { id: ROUTER } }, [`router ${ROUTER}`]],
    [
      "router.interface.create",
      { router_interface: { id: ROUTER, port_id: PORT, subnet_id: NETWORK } },
      [`router ${ROUTER}`, `port ${PORT}`],
    ],
    ["floatingip.update.end", { floatingip: { id: PORT, port_id: null } }, [`floating-ip ${PORT}`]],
    ["security_group.delete.end", { security_group_id: GROUP }, [`-security-group ${GROUP}`]],
    [
      "security_group_rule.create.end",
      { security_group_rule: { id: PORT, security_group_id: GROUP } },
      [`security-group ${GROUP}`],
    ],
    ["security_group_rule.delete.end", { security_group_rule_id: PORT }, ["security-group undefined"]],
    ["compute.instance.create.start", { instance_id: SERVER }, [`server ${SERVER}`]],
    ["volume.create.end", { volume_id: VOLUME, status: "available" }, [`volume ${VOLUME}`]],
    ["volume.attach.end", { volume_id: VOLUME }, [`volume ${VOLUME}`]],
    ["volume.retype", { volume_id: VOLUME }, [`volume ${VOLUME}`]],
    ["volume.delete.end", { volume_id: VOLUME }, [`-volume ${VOLUME}`]],
    [
      "octavia.loadbalancer.create.end",
      { loadbalancer_id: VOLUME, vip_address: "192.0.2.5" },
      [`load-balancer ${VOLUME}`],
    ],
    ["octavia.loadbalancer.update.end", { id: VOLUME, name: "lb" }, [`load-balancer ${VOLUME}`]],
    ["octavia.loadbalancer.delete.end", { loadbalancer_id: VOLUME }, [`-load-balancer ${VOLUME}`]],
    ["service.update", service, ["compute-service undefined"]],
    ["service.create", service, ["compute-service undefined", "hypervisor undefined"]],
    ["service.delete", service, ["compute-service undefined", "hypervisor undefined"]],
    ["aggregate.add_host.end", aggregate, ["aggregate undefined"]],
    ["aggregate.addhost.end", { aggregate_id: 1 }, ["aggregate undefined"]],
    ["aggregate.update_metadata.end", aggregate, ["aggregate undefined"]],
    ["identity.project.created", { resource_info: "c9f7a8d2b1e04a6e9a3f0d6c0a2b1c55" }, ["project undefined"]],
    ["identity.project.deleted", { target: { id: "x" }, action: "deleted.project" }, ["project undefined"]],
  ])("%s", (eventType, payload, expected) => {
    expect(told(eventType, payload)).toEqual(expected);
  });
});

test.each([
  ["what has only begun", "instance.delete.start", instance(SERVER)],
  ["what has only begun", "port.delete.start", { port_id: PORT }],
  ["what Cinder has only begun", "volume.create.start", { volume_id: VOLUME }],
  ["what a volume was read and written", "volume.usage", { "nova_object.data": { volume_id: VOLUME } }],
  ["snapshots", "snapshot.create.end", { volume_id: VOLUME }],
  ["images of an aggregate", "aggregate.cache_images.progress", aggregate],
  ["users", "identity.user.created", { resource_info: "x" }],
  ["audits", "compute.instance.exists", { instance_id: SERVER }],
  ["other services", "image.update", { id: SERVER }],
  ["what an object of JavaScript has by itself", "constructor.create.end", { constructor: { id: SERVER } }],
])("%s says nothing of interest: %s", (_what, eventType, payload) => {
  expect(told(eventType, payload)).toEqual([]);
});

test("of a thousand ports at once nothing single is told, but that ports changed", () => {
  const ports = Array.from({ length: 1_000 }, () => ({ id: PORT }));
  expect(told("port.create.end", { ports })).toEqual(["port undefined"]);
});

describe("a message that cannot be read is refused:", () => {
  test.each([
    ["no JSON", Buffer.from("{"), "is no JSON object"],
    ["a list", Buffer.from("[]"), "is no JSON object"],
    ["a raw notification", Buffer.from('{"event_type":"x","payload":{}}'), "is no envelope of oslo.messaging 2"],
    [
      "another version",
      Buffer.from('{"oslo.version":"3.0","oslo.message":"{}"}'),
      "is no envelope of oslo.messaging 2",
    ],
    ["no text in it", Buffer.from('{"oslo.version":"2.0","oslo.message":{}}'), "has no oslo.message"],
    [
      "no JSON in it",
      Buffer.from('{"oslo.version":"2.0","oslo.message":"{"}'),
      "has an oslo.message that is no JSON object",
    ],
    ["an RPC", Buffer.from('{"oslo.version":"2.0","oslo.message":"{\\"method\\":\\"x\\"}"}'), "has no event_type"],
    ["a payload that is none", osloMessage("port.create.end", []), "has no payload: port.create.end"],
    ["too much", Buffer.alloc(MOST_BYTES + 1, "x"), `has ${MOST_BYTES + 1} bytes, more than ${MOST_BYTES}`],
  ])("%s", (_what, content, expected) => {
    expect(readNotification(content)).toBe(expected);
  });

  test.each([
    ["instance.create.end", { uuid: SERVER }],
    ["instance.create.end", instance("../../etc")],
    ["compute.instance.create.end", {}],
    ["port.create.end", { port: { id: 7 } }],
    ["port.create.end", { ports: [{ id: PORT }, {}] }],
    ["router.interface.create", { router_interface: {} }],
    ["volume.create.end", { volume_id: 7 }],
    ["octavia.loadbalancer.create.end", {}],
  ])("%s without the id of what it is about", (eventType, payload) => {
    expect(typeof told(eventType, payload)).toBe("string");
  });
});
