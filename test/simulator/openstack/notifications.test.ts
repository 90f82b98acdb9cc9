import { expect, test } from "vitest";
import { isRecord } from "../../../core/json.ts";
import { portUuid, vmUuid } from "../../../simulator/cloud/identity.ts";
import { perform } from "../../../simulator/day/perform.ts";
import { Chronicle } from "../../../simulator/openstack/chronicle.ts";
import { type Notification, notificationsOf } from "../../../simulator/openstack/notifications.ts";
import { plainView } from "../../../simulator/openstack/view.ts";
import { BEGAN_AT, smallCloud } from "../small-cloud.ts";

interface Message {
  readonly event_type: string;
  readonly payload: Record<string, unknown>;
  readonly priority: string;
  readonly publisher_id: string;
  readonly timestamp: string;
  readonly message_id: string;
}

function messageIn({ envelope }: Notification): Message {
  expect(Object.keys(envelope)).toEqual(["oslo.version", "oslo.message"]);
  expect(envelope["oslo.version"]).toBe("2.0");
  return JSON.parse(envelope["oslo.message"]) as Message;
}

/** A machine's life, with all that Nova and Neutron tell of it. */
function toldOfALife() {
  const cloud = smallCloud(7, 40);
  const chronicle = new Chronicle(cloud);
  const told: Notification[] = [];
  const view = {
    ...plainView(cloud),
    updatedMs: chronicle.updatedMs.bind(chronicle),
    revision: chronicle.revision.bind(chronicle),
  };
  chronicle.watch((change, atMs) => told.push(...notificationsOf(view, change, atMs)));
  const vm = cloud.firstNewVm;
  const [host = 0, to = 0] = cloud.meshes[0]?.computeNodes ?? [];
  const acts = [
    { kind: "boot", vm, host, network: 1, flavor: 1 },
    { kind: "start", vm },
    { kind: "migrate", vm, to },
    { kind: "migrated", vm },
    { kind: "secure", vm },
    { kind: "resize", vm, flavor: 2 },
    { kind: "tap", vm, present: false },
    { kind: "delete", vm },
  ] as const;
  for (const [n, act] of acts.entries()) {
    const before = cloud.vms.get(vm);
    const atMs = (n + 1) * 10_000;
    expect(perform(cloud, act, atMs)).toBe(true);
    chronicle.note({ act, atMs, before });
  }
  return { cloud, vm, told, to };
}

test("a machine's life is told on both buses, in its order", () => {
  const { told } = toldOfALife();
  expect(told.map((each) => `${each.exchange} ${messageIn(each).event_type}`)).toEqual([
    "nova instance.create.start",
    "neutron port.create.end",
    "nova instance.create.end",
    "neutron port.update.end",
    "nova instance.live_migration_pre.end",
    "neutron port.update.end",
    "nova instance.live_migration_post_dest.end",
    "neutron port.update.end",
    "neutron port.update.end",
    "nova instance.resize_finish.end",
    "nova instance.delete.end",
    "neutron port.delete.end",
  ]);
  const ids = told.map((each) => messageIn(each).message_id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { exchange, routingKey } of told) {
    expect(routingKey).toBe(exchange === "nova" ? "versioned_notifications.info" : "notifications.info");
  }
});

test("Nova's payloads are versioned objects that say what the machine is at that moment", () => {
  const { cloud, vm, told, to } = toldOfALife();
  const messages = told.filter(({ exchange }) => exchange === "nova").map(messageIn);
  for (const { payload, priority, publisher_id } of messages) {
    expect(payload).toMatchObject({ "nova_object.name": "InstanceActionPayload", "nova_object.namespace": "nova" });
    const data = payload["nova_object.data"];
    if (!isRecord(data)) throw new Error("a payload has data");
    expect([priority, data.uuid]).toEqual(["INFO", vmUuid(cloud, vm)]);
    expect(publisher_id).toBe(`nova-compute:${String(data.host)}`);
  }
  const [created, , , moved, , gone] = messages.map(({ payload }) => payload["nova_object.data"]);
  expect(created).toMatchObject({ state: "building", task_state: "spawning", deleted_at: null });
  expect(moved).toMatchObject({ state: "active", host: cloud.hosts[to]?.name });
  expect(gone).toMatchObject({
    state: "deleted",
    deleted_at: new Date(BEGAN_AT + 80_000).toISOString().replace(".000", ""),
  });
  expect(messages[0]?.timestamp).toBe("2026-03-01 08:00:10.000000");
});

test("Neutron's say the port as a list would, and only its id when it is gone", () => {
  const { cloud, vm, told } = toldOfALife();
  const payloads = told.filter(({ exchange }) => exchange === "neutron").map((each) => messageIn(each).payload);
  const id = portUuid(cloud, vm);
  expect(payloads.at(-1)).toEqual({ port_id: id });
  const revisions = payloads
    .slice(0, -1)
    .map(({ port }) => (isRecord(port) && port.id === id ? port.revision_number : undefined));
  expect(revisions).toEqual([4, 5, 6, 7, 8]);
});

test("the same life is told in the same bytes", () => {
  expect(toldOfALife().told).toEqual(toldOfALife().told);
});
