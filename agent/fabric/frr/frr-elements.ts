import type { EpochMs } from "../../../core/clock.ts";
import type { Node } from "../../../core/element.ts";
import { elementIdOf, hostId } from "../../../core/element-id.ts";
import { intField, type Point } from "../../../core/line-protocol.ts";
import { attributesOf } from "../../topology/attributes.ts";
import { speakerNode } from "../bgp/bgp-speaker.ts";
import type { EvpnVni } from "./frr-answers.ts";
import type { FrrReading } from "./frr-space.ts";

/** A longer list would be cut, and a VTEP that was cut off would look as if EVPN did not know it. */
const MAX_VTEPS_TOLD = 1_000;

/** More networks than a host can carry; a gateway that has more tells these. */
const MAX_VNIS_TOLD = 2_000;

/** Speakers and VNIs of one FRR. */
export function frrElements(host: string, reading: FrrReading): readonly Node[] {
  return [
    ...reading.speakers.map((speaker) => speakerNode(host, speaker)),
    ...reading.vnis.slice(0, MAX_VNIS_TOLD).map((vni) => vniNode(host, reading, vni)),
  ];
}

/** `host/<host>/vni/<vni>`, in a path space `…/<vni>@<space>`. */
function vniNode(host: string, { space, vniRouting, duplicateMacs }: FrrReading, it: EvpnVni): Node {
  const { vni, type, vxlanInterface, tenantVrf, remoteVteps } = it;
  const routing = vniRouting.get(vni);
  const isListed = remoteVteps !== undefined && remoteVteps.length <= MAX_VTEPS_TOLD;
  const id = elementIdOf("host", host, "vni", space === undefined ? String(vni) : `${vni}@${space}`);
  const attributes = attributesOf({
    vni,
    vni_type: type,
    local_ip: routing?.localIp,
    route_distinguisher: routing?.routeDistinguisher,
    route_targets: routing?.routeTargets,
    vxlan_interface: vxlanInterface,
    tenant_vrf: tenantVrf,
    path_space: space,
    duplicate_macs: duplicateMacs.get(vni),
    remote_vtep_count: isListed ? undefined : remoteVteps?.length,
  });
  return {
    id,
    kind: "vni",
    name: String(vni),
    cluster: "",
    host,
    parent: hostId(host),
    // An empty list is said, too: EVPN knows of no other tunnel end, and whoever floods to one is wrong.
    attributes: isListed ? { ...attributes, remote_vteps: remoteVteps } : attributes,
  };
}

/** What zebra counts; what is of BGP is in `bgp-points.ts`. */
export function zebraPoints(reading: FrrReading, at: EpochMs): readonly Point[] {
  const space = reading.space ?? "";
  const ofVnis = reading.vnis.slice(0, MAX_VNIS_TOLD).map(({ vni, macs, arpNd, remoteVteps }) => ({
    measurement: "evpn_vni",
    tags: { space, vni: String(vni) },
    fields: {
      macs: intField(macs),
      arp_nd: intField(arpNd),
      remote_vteps: intField(remoteVteps?.length),
      duplicate_macs: intField(reading.duplicateMacs.get(vni)?.length),
    },
    at,
  }));
  const ofRoutes = Array.from(reading.routes, ([family, { routes, fibRoutes }]) => ({
    measurement: "frr_routes",
    tags: { space, family },
    fields: { routes: intField(routes), fib_routes: intField(fibRoutes) },
    at,
  }));
  return [...ofVnis, ...ofRoutes];
}
