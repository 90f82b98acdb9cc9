import type { Attributes } from "../../../core/element.ts";
import { type ApiObject, idAt, numberAt, recordAt, textAt } from "../api/words.ts";
import type { HostAmounts } from "../compute-inventory.ts";
import { type ElementContext, nodeOf, openstackId, type ToldObject, told, type Values } from "./element-context.ts";

export const hypervisorId = (context: ElementContext, id: string) => openstackId("hypervisor", context.region, id);

/** `placed`: what Placement says of it; sizes are Nova's where it tells them (up to 2.87). */
export function hypervisorElements(
  hypervisor: ApiObject,
  context: ElementContext,
  placed: Values,
): ToldObject | undefined {
  const [id, name] = [idAt(hypervisor), textAt(hypervisor, "hypervisor_hostname")];
  if (id === undefined || name === undefined) return undefined;
  const values = {
    hypervisor_hostname: name,
    hypervisor_type: textAt(hypervisor, "hypervisor_type"),
    hypervisor_version: numberAt(hypervisor, "hypervisor_version"),
    host_ip: textAt(hypervisor, "host_ip"),
    state: textAt(hypervisor, "state"),
    status: textAt(hypervisor, "status"),
    ...placed,
    vcpus: numberAt(hypervisor, "vcpus") ?? placed.vcpus,
    memory_mib: numberAt(hypervisor, "memory_mb") ?? placed.memory_mib,
    disk_gib: numberAt(hypervisor, "local_gb") ?? placed.disk_gib,
  };
  const host = textAt(recordAt(hypervisor, "service"), "host");
  return told(nodeOf({ id: hypervisorId(context, id), kind: "hypervisor", name, host, values }, context));
}

/** Sizes and allocation ratios: people set them. What is used is a metric. */
export function placedValues(amounts: HostAmounts): Values {
  const of = (resource: string) => amounts.get(resource);
  const [memory, disk] = [of("memory")?.physical, of("disk")?.physical];
  return {
    vcpus: of("vcpus")?.physical,
    memory_mib: memory === undefined ? undefined : memory / 2 ** 20,
    disk_gib: disk === undefined ? undefined : disk / 2 ** 30,
    vcpu_ratio: of("vcpus")?.ratio,
    memory_ratio: of("memory")?.ratio,
    disk_ratio: of("disk")?.ratio,
  };
}

const PLACED = ["vcpus", "memory_mib", "disk_gib", "vcpu_ratio", "memory_ratio", "disk_ratio"] as const;

/** As the element was told before: Placement is asked later than Nova, and what it said does not end for that. */
export function placedBefore(attributes: Attributes): Values {
  return Object.fromEntries(PLACED.map((name) => [name, attributes[name]]));
}
