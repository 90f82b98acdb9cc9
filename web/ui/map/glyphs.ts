import type { LinkKind, NodeKind } from "../../../core/element.ts";

const PLUG = "M6 1.5V5M3.5 5h5v3a2.5 2.5 0 0 1-5 0zM6 10.5v-0";
const TUNNEL = "M1.5 10V6.5a4.5 4.5 0 0 1 9 0V10M4.5 10V6.5a1.5 1.5 0 0 1 3 0V10";
const CIRCLE = "M6 3a3 3 0 1 0 0 6a3 3 0 1 0 0-6";
const SCREEN = "M1.5 2.5h9v6h-9zM4 10.5h4";

/** Line drawings of 12 × 12, by kind of node. */
export function glyphOf(kind: NodeKind): string {
  switch (kind) {
    case "nic":
    case "vf":
      return "M1.5 2.5h9v7h-9zM3.5 9.5V6.5h5v3M5 2.5v2M7 2.5v2";
    case "bond":
      return "M1 4h10M1 8h10M4 2.5v3M8 6.5v3";
    case "vlan":
      return "M2 3h8M2 6h8M2 9h4";
    case "loopback":
      return "M2.8 4.2A3.8 3.8 0 1 1 2.2 6.8M2.6 1.6v2.8h2.8";
    case "veth":
      return "M1 6h2.5M8.5 6H11M3.5 3.5v5M8.5 3.5v5M5.2 6h1.6";
    case "tap":
    case "macvtap":
      return PLUG;
    case "tun":
    case "vxlan":
    case "geneve":
    case "gre":
      return TUNNEL;
    case "bridge":
    case "ovs-bridge":
      return "M1 9.5C3 3.5 9 3.5 11 9.5M1 9.5h10M4 9.5V6.2M8 9.5V6.2";
    case "ovs-port":
    case "port":
    case "switchport":
      return "M3 3h6v6H3z";
    case "netns":
      return "M2 4V2h2M8 2h2v2M10 8v2H8M4 10H2V8";
    case "domain":
    case "vm":
      return SCREEN;
    case "bgp-speaker":
      return "M4.5 1.5h3v2.6h-3zM1 8h3v2.6H1zM8 8h3v2.6H8zM6 4.1v2.2M2.5 8V6.3h7V8";
    case "vni":
      return "M1.5 3.5h9M1.5 6h9M1.5 8.5h9M4 2v8M8 2v8";
    case "container":
      return "M6 1.2l4.4 2.4v4.8L6 10.8 1.6 8.4V3.6zM1.6 3.6L6 6l4.4-2.4M6 6v4.8";
    case "host":
      return "M2 1.5h8v4H2zM2 6.5h8v4H2zM4 3.5h0.1M4 8.5h0.1";
    default:
      return CIRCLE;
  }
}

/** Marks of 12 × 12 for what is not quiet: drawn filled. */
export const MARKS = {
  down: "M1.5 3h9L6 10.2z",
  degraded: "M1.5 3h9L6 10.2zM4 4.4h4L6 7.6z",
  paused: "M2.5 1.8h2.6v8.4H2.5zM6.9 1.8h2.6v8.4H6.9z",
  adminDown:
    "M6 1.2a4.8 4.8 0 1 0 0 9.6a4.8 4.8 0 1 0 0-9.6zM6 2.7a3.3 3.3 0 0 1 2.6 5.3L4 3.4A3.3 3.3 0 0 1 6 2.7zM3.4 4L8 8.6A3.3 3.3 0 0 1 3.4 4z",
  octagon: "M3.8 0.8h4.4l3 3v4.4l-3 3H3.8l-3-3V3.8zM5.2 3h1.6v3.6H5.2zM5.2 7.6h1.6v1.6H5.2z",
  triangle: "M6 0.8L11.6 11H0.4zM5.2 4.4h1.6v3H5.2zM5.2 8.2h1.6v1.5H5.2z",
  info: "M6 0.8a5.2 5.2 0 1 0 0 10.4a5.2 5.2 0 1 0 0-10.4zM5.2 5h1.6v4H5.2zM5.2 2.8h1.6v1.5H5.2z",
} as const;

/** Dash pattern of a cable, in px of the map. */
export const CABLE_DASH: { readonly [kind in LinkKind]?: string } = {
  "veth-pair": "7 3",
  patch: "1.5 4",
  "vlan-of": "9 3 2 3",
  "vf-of": "2 3",
  tunnel: "14 5",
  attached: "3 3",
};

/** The kinds of cable a host's map has, in the order of the legend. */
export const CABLE_KINDS = ["layer2", "veth-pair", "patch", "vlan-of", "tunnel", "attached"] as const;
