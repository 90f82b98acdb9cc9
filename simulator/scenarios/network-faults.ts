import { elementIdOf, netnsId } from "../../core/element-id.ts";
import type { Cloud, Host, Network, NetworkFault } from "../cloud/cloud.ts";
import { dhcpPort, hostAt, networkUuid, portUuid } from "../cloud/identity.ts";
import type { Step } from "../day/step.ts";
import { dhcpDeviceId, dhcpNamespace } from "../elements/namespace-elements.ts";
import type { Random } from "../random.ts";
import { FOUND_MS } from "./durations.ts";
import type { Scenario } from "./scenario.ts";
import { faultOf, firstFrom } from "./victims.ts";

export const duplicateIp: Scenario = {
  name: "duplicate-ip",
  summary: "two DHCP ports of one network, on two network nodes, have the same address",
  plan(cloud, random) {
    const network = firstFrom(cloud.networks, random, ({ dhcpHosts }) => dhcpHosts.length > 1);
    if (network === undefined) return undefined;
    const hosts = network.dhcpHosts.map((index) => hostAt(cloud, index));
    const [first] = hosts;
    if (first === undefined) return undefined;
    return {
      steps: faultSteps(network, { kind: "duplicate-address" }),
      faults: [
        faultOf(cloud, first, {
          kind: "duplicate-ip",
          cause: hosts.map((host) => dhcpDeviceId(cloud, host, network)),
          endsAfterMs: FOUND_MS,
          symptoms: [
            elementIdOf("neutron", "network", networkUuid(cloud, network.index)),
            ...hosts.map((_, n) => elementIdOf("neutron", "port", portUuid(cloud, dhcpPort(network.index, n)))),
          ],
        }),
      ],
    };
  },
};

export const twoUnboundDhcpServers: Scenario = {
  name: "two-unbound-dhcp-servers",
  summary: "two dnsmasq run in one namespace and neither is bound to its interface: renewals fail",
  plan(cloud, random) {
    const [network, host] = anyServedNetwork(cloud, random);
    if (network === undefined || host === undefined) return undefined;
    return {
      steps: faultSteps(network, { kind: "unbound-dhcp", servers: 2 }),
      faults: [
        faultOf(cloud, host, {
          kind: "two-unbound-dhcp-servers",
          cause: [netnsId(host.name, dhcpNamespace(cloud, network.index))],
          endsAfterMs: FOUND_MS,
          symptoms: [elementIdOf("neutron", "network", networkUuid(cloud, network.index))],
        }),
      ],
    };
  },
};

function anyServedNetwork(cloud: Cloud, random: Random): readonly [Network | undefined, Host | undefined] {
  const network = random.pick(cloud.networks);
  const index = network?.dhcpHosts[0];
  return [network, index === undefined ? undefined : hostAt(cloud, index)];
}

function faultSteps(network: Network, fault: NetworkFault): readonly Step[] {
  return [
    { afterMs: 0, act: { kind: "network", network: network.index, fault } },
    { afterMs: FOUND_MS, act: { kind: "network", network: network.index, fault: undefined } },
  ];
}
