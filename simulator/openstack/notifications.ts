import { deviceName, portMac, tenantAddress } from "../cloud/addresses.ts";
import type { Vm } from "../cloud/cloud.ts";
import { flavorOf } from "../cloud/flavors.ts";
import { hostAt, portUuid, projectId, serverName, vmPort, vmUuid } from "../cloud/identity.ts";
import { hash32, textHash, uuidOf } from "../random.ts";
import type { MachineChange } from "./chronicle.ts";
import { imageUuid } from "./images.ts";
import { networkName } from "./neutron.ts";
import { portObject } from "./neutron-ports.ts";
import { flavorUuid } from "./nova.ts";
import { isoSeconds, type OpenStackObject, type View } from "./view.ts";
import { hasVolume } from "./volumes.ts";

// What Nova and Neutron tell on their message bus of a change. Sources: `doc/notification_samples`
// of Nova (versioned notifications), `neutron/pecan_wsgi/hooks/notifier.py`, `oslo_messaging/_drivers/common.py`.

export interface Notification {
  readonly exchange: "nova" | "neutron";
  /** The topic and the priority. */
  readonly routingKey: "versioned_notifications.info" | "notifications.info";
  /** As it is on the wire: the message is JSON within JSON. */
  readonly envelope: { readonly "oslo.version": "2.0"; readonly "oslo.message": string };
}

/** `atMs`: since the cloud began. The same change has the same message ids, however often it is asked for. */
export function notificationsOf(view: View, change: MachineChange, atMs: number): readonly Notification[] {
  return [
    ...novaEvents(change).map((event) => novaNotification(view, change, { event, atMs })),
    ...neutronEvents(change).map((event) => neutronNotification(view, change, { event, atMs })),
  ];
}

interface Told {
  readonly event: string;
  readonly atMs: number;
}

function novaEvents(change: MachineChange): readonly string[] {
  switch (change.kind) {
    case "born":
      return ["instance.create.start"];
    case "gone":
      return ["instance.delete.end"];
    case "changed": {
      const { vm, before } = change;
      if (before.state !== vm.state) return ["instance.create.end"];
      if (before.target === undefined && vm.target !== undefined) return ["instance.live_migration_pre.end"];
      if (before.target !== undefined && vm.target === undefined) return ["instance.live_migration_post_dest.end"];
      return before.flavor === vm.flavor ? [] : ["instance.resize_finish.end"];
    }
  }
}

/** A flavor is nothing of a port's. */
function neutronEvents(change: MachineChange): readonly string[] {
  if (change.kind === "born") return ["port.create.end"];
  if (change.kind === "gone") return ["port.delete.end"];
  return change.before.flavor === change.vm.flavor ? ["port.update.end"] : [];
}

function novaNotification(view: View, { kind, vm }: MachineChange, { event, atMs }: Told): Notification {
  const host = view.names.service(hostAt(view.cloud, vm.host));
  const goneMs = kind === "gone" ? atMs : undefined;
  return {
    exchange: "nova",
    routingKey: "versioned_notifications.info",
    envelope: enveloped({
      event_type: event,
      payload: versioned("InstanceActionPayload", "1.8", instanceData(view, vm, { atMs, goneMs })),
      priority: "INFO",
      publisher_id: `nova-compute:${host}`,
      timestamp: spacedMicroseconds(view.wallOf(atMs)),
      message_id: messageId(view, vm, { event, atMs }),
    }),
  };
}

function neutronNotification(view: View, { kind, vm }: MachineChange, { event, atMs }: Told): Notification {
  const id = portUuid(view.cloud, vmPort(vm.index));
  const port = portObject(view, vmPort(vm.index))[0];
  return {
    exchange: "neutron",
    routingKey: "notifications.info",
    envelope: enveloped({
      event_type: event,
      payload: kind === "gone" ? { port_id: id } : { port },
      priority: "INFO",
      publisher_id: "network.ctl-1",
      timestamp: spacedMicroseconds(view.wallOf(atMs)),
      message_id: messageId(view, vm, { event, atMs }),
      _unique_id: messageId(view, vm, { event: `unique ${event}`, atMs }).replaceAll("-", ""),
      _context_project_id: projectId(view.cloud, vm.network),
    }),
  };
}

function instanceData(
  view: View,
  vm: Vm,
  { atMs, goneMs }: { readonly atMs: number; readonly goneMs: number | undefined },
): OpenStackObject {
  const { cloud } = view;
  const host = hostAt(cloud, vm.host);
  const isBuilding = vm.state === "building";
  const user = uuidOf(cloud.seed, "user", vm.network).replaceAll("-", "");
  const project = projectId(cloud, vm.network);
  const goneAt = goneMs === undefined ? null : isoSeconds(view.wallOf(goneMs));
  return {
    uuid: vmUuid(cloud, vm.index),
    ...{ tenant_id: project, user_id: user, action_initiator_project: project, action_initiator_user: user },
    ...{ display_name: serverName(vm), display_description: null, host_name: serverName(vm) },
    ...{ host: view.names.service(host), node: view.names.hypervisor(host), availability_zone: host.place.zone },
    state: goneMs !== undefined ? "deleted" : isBuilding ? "building" : "active",
    task_state: isBuilding ? "spawning" : vm.target === undefined ? null : "migrating",
    power_state: isBuilding || goneMs !== undefined ? "pending" : "running",
    ...{ created_at: isoSeconds(view.wallOf(vm.bornMs)), updated_at: isoSeconds(view.wallOf(atMs)) },
    launched_at: isBuilding ? null : isoSeconds(view.wallOf(vm.bornMs + 4_000)),
    ...{ deleted_at: goneAt, terminated_at: goneAt },
    image_uuid: hasVolume(vm.index) ? "" : imageUuid(cloud, vm.index),
    flavor: flavorPayload(view, vm),
    ip_addresses: goneMs === undefined ? [addressPayload(view, vm)] : [],
    ...{ block_devices: [], metadata: {}, locked: false, locked_reason: null, progress: 0, fault: null },
    ...{ architecture: "x86_64", os_type: null, kernel_id: "", ramdisk_id: "", key_name: null },
    ...{ reservation_id: `r-${vm.index.toString(36).padStart(8, "0")}`, auto_disk_config: "MANUAL" },
    request_id: `req-${uuidOf(cloud.seed, "notification", vm.index, Math.round(atMs))}`,
  };
}

function flavorPayload({ cloud }: View, vm: Vm): OpenStackObject {
  const { name, vcpus, ramMib, diskGib } = flavorOf(vm.flavor);
  return versioned("FlavorPayload", "1.4", {
    ...{ flavorid: flavorUuid(cloud, vm.flavor), name, vcpus, memory_mb: ramMib, root_gb: diskGib, ephemeral_gb: 0 },
    ...{ swap: 0, rxtx_factor: 1, vcpu_weight: 0, disabled: false, is_public: true, extra_specs: {}, projects: null },
    description: null,
  });
}

function addressPayload({ cloud }: View, vm: Vm): OpenStackObject {
  const port = portUuid(cloud, vmPort(vm.index));
  return versioned("IpPayload", "1.0", {
    ...{ address: tenantAddress(vm.network, vm.address), version: 4, mac: portMac(vmPort(vm.index)), meta: {} },
    ...{ port_uuid: port, device_name: deviceName("tap", port), label: networkName(vm.network) },
  });
}

function versioned(name: string, version: string, data: OpenStackObject): OpenStackObject {
  return {
    "nova_object.name": name,
    "nova_object.namespace": "nova",
    "nova_object.version": version,
    "nova_object.data": data,
  };
}

function enveloped(message: OpenStackObject): Notification["envelope"] {
  return { "oslo.version": "2.0", "oslo.message": JSON.stringify(message) };
}

function messageId({ cloud }: View, vm: Vm, { event, atMs }: Told): string {
  return uuidOf(cloud.seed, "notification", hash32(vm.index, textHash(event)), Math.round(atMs));
}

/** `2026-03-01 08:00:00.000000`: as oslo.messaging writes the moment of sending, UTC without a zone. */
function spacedMicroseconds(at: number): string {
  return `${new Date(at).toISOString().slice(0, 23).replace("T", " ")}000`;
}
