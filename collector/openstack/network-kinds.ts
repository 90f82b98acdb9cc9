import type { ElementId } from "../../core/element-id.ts";
import { type ApiObject, idAt, textAt } from "./api/words.ts";
import { type ElementContext, neutronId, type ToldObject } from "./elements/element-context.ts";
import { floatingIpElements, networkElements, routerElements, subnetElements } from "./elements/network.ts";
import { portElements } from "./elements/port.ts";
import { securityGroupElements } from "./elements/security-group.ts";
import { countedPort, countedSubnet, type NetworkInventory, revisionOf } from "./network-inventory.ts";
import type { ListedKind } from "./teller.ts";

type Listed = "network" | "subnet" | "router" | "port" | "floating-ip" | "security-group";

/** One kind of object that Neutron lists, changes of which it can be asked for. */
export interface NetworkKind {
  /** In the path and in the answer. */
  readonly path: string;
  readonly member: string;
  readonly listed: ListedKind & { readonly kind: Listed };
  /** Revision by id, of all that are known; undefined where Neutron tells none. */
  readonly revisions: Map<string, number | undefined>;
  parse(object: ApiObject): ToldObject | undefined;
  idOf(uuid: string): ElementId;
  /** It was recorded. */
  taken(object: ApiObject): void;
  /** It is gone. */
  gone(uuid: string): void;
}

type Parse = (object: ApiObject, context: ElementContext) => ToldObject | undefined;

/** In the order in which they are read. */
export function networkKinds(context: ElementContext, inventory: NetworkInventory): readonly NetworkKind[] {
  const kindOf = (
    path: string,
    kind: Listed,
    parse: Parse,
    count: { taken(id: string, object: ApiObject): void; gone(id: string): void } = NOT_COUNTED,
  ): NetworkKind => {
    const revisions = new Map<string, number | undefined>();
    return {
      path: `/${path}`,
      member: path.replaceAll("-", "_"),
      listed: { kind, prefix: `neutron/${kind}/` },
      revisions,
      parse: (object) => parse(object, context),
      idOf: (uuid) => neutronId(kind, uuid),
      taken: (object) => {
        const id = idAt(object);
        if (id === undefined) return;
        revisions.set(id, revisionOf(object));
        count.taken(id, object);
      },
      gone: (uuid) => {
        revisions.delete(uuid);
        count.gone(uuid);
      },
    };
  };
  const { networks, subnets, floatingIps } = inventory;
  return [
    kindOf("networks", "network", networkElements, {
      taken: (id, network) => networks.set(id, network["router:external"] === true),
      gone: (id) => networks.delete(id),
    }),
    kindOf("security-groups", "security-group", securityGroupElements),
    kindOf("routers", "router", routerElements),
    kindOf("ports", "port", portElements, {
      taken: (id, port) => inventory.putPort(id, countedPort(port)),
      gone: (id) => inventory.dropPort(id),
    }),
    kindOf("floatingips", "floating-ip", floatingIpElements, {
      taken: (id, floating) =>
        floatingIps.set(id, {
          networkId: idAt(floating, "floating_network_id"),
          projectId: textAt(floating, "project_id") ?? textAt(floating, "tenant_id"),
        }),
      gone: (id) => floatingIps.delete(id),
    }),
    // How much of a subnet is used follows from the ports.
    kindOf(
      "subnets",
      "subnet",
      (subnet, own) => subnetElements(subnet, own, inventory.givenOf(countedSubnet(subnet))),
      {
        taken: (id, subnet) => subnets.set(id, countedSubnet(subnet)),
        gone: (id) => subnets.delete(id),
      },
    ),
  ];
}

const NOT_COUNTED = { taken: () => {}, gone: () => {} };
