import type { EpochMs } from "../../core/clock.ts";
import type { FieldValue, Point } from "../../core/line-protocol.ts";
import { type DomainConfig, domainTags } from "./domain.ts";

/** What went one way. */
export interface OneWay {
  readonly bytes: number | undefined;
  readonly packets: number | undefined;
  readonly errors: number | undefined;
  readonly dropped: number | undefined;
}

/** As the guest sees it: `rx` is what it received. */
export interface GuestTraffic {
  readonly rx: OneWay;
  readonly tx: OneWay;
}

/** As the host counts on the device: `rx` is what the host received, which the guest sent. */
export interface HostTraffic {
  readonly rx: OneWay;
  readonly tx: OneWay;
}

/** Which way a backend counts: a tap and a port of a switch are the other end of the guest's card. */
const COUNTS_FOR_THE_HOST: { readonly [backend: string]: boolean } = { tap: true, "vhost-user": true };

/** The one place where what the host counted is turned round. A macvtap or a virtual function is the guest's own end. */
export function guestViewOf(backend: string, { rx, tx }: HostTraffic): GuestTraffic {
  return COUNTS_FOR_THE_HOST[backend] === true ? { rx: tx, tx: rx } : { rx, tx };
}

export interface NetworkSample {
  readonly config: DomainConfig;
  readonly device: string;
  readonly traffic: GuestTraffic;
  readonly at: EpochMs;
}

/** Which port of Neutron the card is, its tap says: `external_ids.iface-id`, and `ovs_interface` by `interface`. */
export function networkPoint({ config, device, traffic, at }: NetworkSample): Point {
  const tags = { ...domainTags(config), interface: device };
  return { measurement: "vm_net", tags, fields: { ...fieldsOf("rx", traffic.rx), ...fieldsOf("tx", traffic.tx) }, at };
}

function fieldsOf(way: string, { bytes, packets, errors, dropped }: OneWay): { readonly [field: string]: FieldValue } {
  return {
    [`${way}_bytes`]: counted(bytes),
    [`${way}_packets`]: counted(packets),
    [`${way}_errors`]: counted(errors),
    [`${way}_dropped`]: counted(dropped),
  };
}

/** libvirt writes -1 for what it cannot tell, as an unsigned number. */
function counted(value: number | undefined): { readonly int: number } | undefined {
  return value === undefined || value < 0 || value >= 2 ** 63 ? undefined : { int: value };
}
