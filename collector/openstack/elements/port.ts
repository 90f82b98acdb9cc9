import { type Link, linkOf } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import { type ApiObject, booleanAt, idAt, nameOf, recordsAt, textAt, textsAt } from "../api/words.ts";
import {
  type ElementContext,
  neutronId,
  nodeOf,
  projectValues,
  type ToldObject,
  told,
  vmId,
} from "./element-context.ts";

/** A port: below its network, `attached` to the machine or router that it is of. Undefined without an id. */
export function portElements(port: ApiObject, context: ElementContext): ToldObject | undefined {
  const id = idAt(port);
  if (id === undefined) return undefined;
  const network = idAt(port, "network_id");
  const fixed = recordsAt(port, "fixed_ips");
  const node = nodeOf(
    {
      id: neutronId("port", id),
      kind: "port",
      name: nameOf(port, id),
      parent: network === undefined ? undefined : neutronId("network", network),
      values: {
        mac: textAt(port, "mac_address"),
        fixed_ips: fixed.flatMap((ip) => textAt(ip, "ip_address") ?? []).toSorted(),
        subnet_ids: fixed.flatMap((ip) => textAt(ip, "subnet_id") ?? []).toSorted(),
        network_id: network,
        device_id: textAt(port, "device_id"),
        device_owner: textAt(port, "device_owner"),
        binding_host: textAt(port, "binding:host_id"),
        binding_vif_type: textAt(port, "binding:vif_type"),
        binding_vnic_type: textAt(port, "binding:vnic_type"),
        admin_up: booleanAt(port, "admin_state_up"),
        status: textAt(port, "status"),
        port_security: booleanAt(port, "port_security_enabled"),
        security_group_ids: textsAt(port, "security_groups").toSorted(),
        allowed_address_pairs: pairsOf(port),
        ...projectValues(port, { ...context, projects: NO_NAMES }),
      },
    },
    context,
  );
  return told(node, linksOf(node.id, port));
}

/** The name of a port's project is that of its machine and network; a hundred thousand ports need not say it again. */
const NO_NAMES = { get: () => undefined };

function linksOf(from: ElementId, port: ApiObject): readonly Link[] {
  const [device, owner] = [idAt(port, "device_id"), textAt(port, "device_owner") ?? ""];
  if (device === undefined) return [];
  if (owner.startsWith("compute:")) return [linkOf("attached", from, vmId(device))];
  return owner.startsWith("network:router") || owner.startsWith("network:ha_router")
    ? [linkOf("attached", from, neutronId("router", device))]
    : [];
}

/** `<ip>` or `<ip>|<mac>`. */
function pairsOf(port: ApiObject): readonly string[] {
  return recordsAt(port, "allowed_address_pairs")
    .flatMap((pair) => {
      const [ip, mac] = [textAt(pair, "ip_address"), textAt(pair, "mac_address")];
      if (ip === undefined) return [];
      return mac === undefined ? [ip] : [`${ip}|${mac}`];
    })
    .toSorted();
}
