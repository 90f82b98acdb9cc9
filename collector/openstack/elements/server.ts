import { type ApiObject, booleanAt, idAt, nameOf, numberAt, recordAt, recordsAt, textAt } from "../api/words.ts";
import { type ElementContext, nodeOf, projectValues, type ToldObject, told, vmId } from "./element-context.ts";

/** What a flavour gives a machine. */
export interface Flavor {
  readonly name: string | undefined;
  readonly vcpus: number | undefined;
  readonly memoryMib: number | undefined;
  readonly diskGib: number | undefined;
}

export type FlavorLookup = (id: string) => Flavor | undefined;

/** As Nova numbers them; names as libvirt has them. Source: nova/objects/fields.py, InstancePowerState. */
const POWER_STATES: { readonly [code: number]: string } = {
  0: "nostate",
  1: "running",
  3: "paused",
  4: "shutdown",
  6: "crashed",
  7: "suspended",
};

/**
 * A machine as Nova tells it; undefined without an id. Of a cell that is down Nova tells only the id (microversion 2.69): that is
 * no state, and says nothing new of a machine that is known.
 */
export function serverElements(
  server: ApiObject,
  context: ElementContext,
  flavors: FlavorLookup,
): ToldObject | undefined {
  const id = idAt(server);
  if (id === undefined || isOfDeadCell(server)) return undefined;
  const flavor = flavorOf(server, flavors);
  const image = idAt(recordAt(server, "image"));
  const power = numberAt(server, "OS-EXT-STS:power_state");
  const node = nodeOf(
    {
      id: vmId(id),
      kind: "vm",
      name: nameOf(server, id),
      host: hostOf(server),
      values: {
        status: textAt(server, "status"),
        vm_state: textAt(server, "OS-EXT-STS:vm_state"),
        task_state: textAt(server, "OS-EXT-STS:task_state"),
        power_state: power === undefined ? undefined : POWER_STATES[power],
        ...projectValues(server, context),
        user_id: textAt(server, "user_id"),
        az: textAt(server, "OS-EXT-AZ:availability_zone"),
        hypervisor_hostname: textAt(server, "OS-EXT-SRV-ATTR:hypervisor_hostname"),
        instance_name: textAt(server, "OS-EXT-SRV-ATTR:instance_name"),
        flavor: flavor.name,
        vcpus: flavor.vcpus,
        memory_mib: flavor.memoryMib,
        disk_gib: flavor.diskGib,
        image_id: image,
        image: context.images.get(image),
        key_name: textAt(server, "key_name"),
        addresses: addressesOf(server),
        volume_ids: recordsAt(server, "os-extended-volumes:volumes_attached")
          .flatMap((volume) => idAt(volume) ?? [])
          .toSorted(),
        created_at: textAt(server, "created"),
        locked: booleanAt(server, "locked") === true ? true : undefined,
        fault: textAt(recordAt(server, "fault"), "message"),
      },
    },
    context,
  );
  return told(node);
}

export function isDeleted(server: ApiObject): boolean {
  return server.status === "DELETED";
}

export function isOfDeadCell(server: ApiObject): boolean {
  return server.status === "UNKNOWN" && server.name === undefined;
}

/** Nova's name of the host; of a machine that is on none, as one that was shelved, nothing. */
export function hostOf(server: ApiObject): string | undefined {
  return textAt(server, "OS-EXT-SRV-ATTR:host");
}

/** Embedded from microversion 2.47 on, before that an id to be looked up. */
export function flavorOf(server: ApiObject, flavors: FlavorLookup): Flavor {
  const flavor = recordAt(server, "flavor");
  if (flavor.vcpus === undefined) {
    const id = idAt(flavor);
    return (id === undefined ? undefined : flavors(id)) ?? parseFlavor(flavor);
  }
  return parseFlavor(flavor);
}

/** Of `GET /flavors/detail`, and embedded in a server. */
export function parseFlavor(flavor: ApiObject): Flavor {
  return {
    name: textAt(flavor, "original_name") ?? textAt(flavor, "name"),
    vcpus: numberAt(flavor, "vcpus"),
    memoryMib: numberAt(flavor, "ram"),
    diskGib: numberAt(flavor, "disk"),
  };
}

/** Of all networks, floating ones too. */
function addressesOf(server: ApiObject): readonly string[] {
  const networks = recordAt(server, "addresses");
  const all = Object.keys(networks).flatMap((name) =>
    recordsAt(networks, name).flatMap((address) => textAt(address, "addr") ?? []),
  );
  return [...new Set(all)].toSorted();
}
