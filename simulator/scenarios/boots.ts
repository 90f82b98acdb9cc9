import { elementIdOf, hostId } from "../../core/element-id.ts";
import { POOL_FIRST_OFFSET, poolLastOffset, prefixLengthOf } from "../cloud/addresses.ts";
import type { Cloud, Host, Mesh, Network } from "../cloud/cloud.ts";
import { hostAt, networkUuid, subnetUuid } from "../cloud/identity.ts";
import { bootOf, newVm } from "../day/churn.ts";
import { later, type Step } from "../day/step.ts";
import type { Random } from "../random.ts";
import type { Scenario } from "./scenario.ts";
import { anyComputeNode, faultOf, firstFrom } from "./victims.ts";

const BETWEEN_BOOTS_MS = 300;
const STORM_VMS = 200;
const STORM_HOSTS = 10;
const STORM_MS = 60_000;
const STORM_OVER_MS = 150_000;
/** New machines of one scenario are numbered from a place that chance picks, so that two do not meet. */
const PLACES = 1_000;
const VMS_PER_PLACE = 1_100;

export const subnetExhausted: Scenario = {
  name: "subnet-exhausted",
  summary: "machines boot into a small subnet until its last address is given away, and five more fail",
  plan(cloud, random) {
    const network =
      firstFrom(cloud.networks, random, ({ index }) => prefixLengthOf(index) > 24) ?? random.pick(cloud.networks);
    const mesh = cloud.meshes[network?.mesh ?? -1];
    if (network === undefined || mesh === undefined) return undefined;
    const free = poolLastOffset(network.index) - POOL_FIRST_OFFSET + 1 - network.taken.size;
    const boots = Math.min(free + 5, VMS_PER_PLACE);
    const host = hostAt(cloud, mesh.computeNodes[0] ?? 0);
    const subnet = elementIdOf("neutron", "subnet", subnetUuid(cloud, network.index));
    return {
      steps: bootSteps(
        cloud,
        { count: boots, network, mesh, hosts: mesh.computeNodes, everyMs: BETWEEN_BOOTS_MS },
        random,
      ),
      faults: [
        faultOf(cloud, host, {
          kind: "subnet-exhausted",
          cause: [subnet],
          beginsAfterMs: free * BETWEEN_BOOTS_MS,
          endsAfterMs: undefined,
          symptoms: [elementIdOf("neutron", "network", networkUuid(cloud, network.index))],
        }),
      ],
    };
  },
};

export const bootStorm: Scenario = {
  name: "boot-storm",
  summary: `${STORM_VMS} machines boot on ${STORM_HOSTS} hosts within a minute; their disks are at the limit`,
  plan(cloud, random) {
    const first = anyComputeNode(cloud, random);
    const mesh = cloud.meshes[first?.mesh ?? -1];
    if (first === undefined || mesh === undefined) return undefined;
    const start = mesh.computeNodes.indexOf(first.index);
    const hosts = mesh.computeNodes.slice(start, start + STORM_HOSTS);
    const networks = cloud.networks.filter((it) => it.mesh === mesh.index && prefixLengthOf(it.index) < 24);
    const network = random.pick(networks);
    if (network === undefined) return undefined;
    const everyMs = STORM_MS / STORM_VMS;
    return {
      steps: [
        ...bootSteps(cloud, { count: STORM_VMS, network, mesh, hosts, everyMs }, random),
        ...hosts.flatMap((host): readonly Step[] => [
          { afterMs: 0, act: { kind: "load", host, load: "disk", factor: 30 } },
          { afterMs: STORM_OVER_MS, act: { kind: "load", host, load: "disk", factor: 1 } },
        ]),
      ],
      faults: [
        faultOf(cloud, first, {
          kind: "boot-storm",
          cause: hosts.map((host) => hostId(hostAt(cloud, host).name)),
          endsAfterMs: STORM_OVER_MS,
          symptoms: [elementIdOf("neutron", "subnet", subnetUuid(cloud, network.index))],
        }),
      ],
    };
  },
};

interface Boots {
  readonly count: number;
  readonly network: Network;
  readonly mesh: Mesh;
  readonly hosts: readonly Host["index"][];
  readonly everyMs: number;
}

function bootSteps(cloud: Cloud, { count, network, hosts, everyMs }: Boots, random: Random): readonly Step[] {
  const place = random.below(PLACES) * VMS_PER_PLACE;
  return Array.from({ length: count }, (_, n) => {
    const host = hosts[n % hosts.length] ?? 0;
    const boot = bootOf({ vm: newVm(cloud, "scenario", place + n), host, network: network.index, flavor: 0 });
    return later(boot, Math.round(n * everyMs));
  }).flat();
}
