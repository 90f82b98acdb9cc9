import type { EpochMs } from "../../core/clock.ts";
import type { NodeKind } from "../../core/element.ts";
import { interfaceId } from "../../core/element-id.ts";
import type { HostEvent } from "../../core/host-event.ts";
import { isUp } from "../metrics/interface.ts";
import { kindOf } from "../topology/interface-node.ts";
import type { IpInterface } from "../topology/ip-json.ts";
import type { KernelSnapshot } from "../topology/kernel-elements.ts";

/** What carries a host. Taps and pairs go down whenever a machine does, and that is told of the machine. */
const KINDS: ReadonlySet<NodeKind> = new Set(["nic", "bond", "vf"]);

/** Cards and bonds of the host's own namespace that went down or came up between two readings. */
export function linkEvents(
  host: string,
  before: KernelSnapshot,
  after: KernelSnapshot,
  at: EpochMs,
): readonly HostEvent[] {
  const was = new Map(ownInterfaces(before).map((it) => [it.ifindex, it]));
  return ownInterfaces(after).flatMap((it): readonly HostEvent[] => {
    const old = was.get(it.ifindex);
    if (old === undefined || !KINDS.has(kindOf(it, after.devices.get(it.name)))) return [];
    const [wasUp, up] = [carries(old), carries(it)];
    if (wasUp === up) return [];
    return [
      {
        at,
        kind: up ? "link-up" : "link-down",
        element: interfaceId(host, undefined, it.name),
        severity: up ? "info" : "warning",
        text: up ? `${it.name} is up` : `${it.name} is down: ${whyDown(it)}`,
        attributes: { interface: it.name, operstate: it.operstate },
      },
    ];
  });
}

function ownInterfaces({ readings }: KernelSnapshot): readonly IpInterface[] {
  return readings.find(({ namespace }) => namespace.name === undefined)?.interfaces ?? [];
}

const carries = ({ adminUp, operstate, carrier }: IpInterface): boolean => adminUp && isUp(operstate, carrier);

function whyDown({ adminUp, carrier }: IpInterface): string {
  if (!adminUp) return "switched off by somebody";
  return carrier ? "no traffic can pass" : "no carrier";
}
