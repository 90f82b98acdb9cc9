import { expect, test } from "vitest";
import { movesRoutes } from "../../agent/topology/detail-reader.ts";
import { createFeatureReader } from "../../agent/topology/device-features.ts";
import { parseIpAddr } from "../../agent/topology/ip-json.ts";
import { createRoutingReader } from "../../agent/topology/routing-text.ts";

interface Device {
  readonly name: string;
  readonly ifindex?: number;
  readonly up?: boolean;
  readonly address?: string;
  readonly mtu?: number;
}

const interfaces = (...devices: readonly Device[]) =>
  parseIpAddr(
    JSON.stringify(
      devices.map(({ name, ifindex = 2, up = true, address = "10.0.0.1", mtu = 1500 }) => ({
        ifindex,
        ifname: name,
        mtu,
        flags: up ? ["UP"] : [],
        addr_info: [{ local: address, prefixlen: 24 }],
      })),
    ),
  );

function routing(...lines: readonly string[]) {
  const reader = createRoutingReader();
  lines.forEach(reader.line);
  return reader.finish();
}

const BY_V0 = routing("10.1.0.0/16 via 10.0.0.2 dev v0 ");
const NEIGHBOR_ON_V0 = routing("10.9.0.9 dev v0 lladdr a6:d1:a0:51:03:49 PERMANENT ");
const BEFORE = interfaces({ name: "v0" }, { name: "v1", ifindex: 3 });

test.each([
  ["its device went down, which the kernel does not tell of routes", BY_V0, [{ name: "v0", up: false }], true],
  ["its device lost its address", BY_V0, [{ name: "v0", address: "10.0.0.3" }], true],
  ["its device is gone", BY_V0, [], true],
  ["its device was made again", BY_V0, [{ name: "v0", ifindex: 9 }], true],
  ["its device has another MTU", BY_V0, [{ name: "v0", mtu: 9000 }], false],
  ["another device went down", BY_V0, [{ name: "v0" }, { name: "v1", ifindex: 3, up: false }], false],
  ["no route is there", routing(), [{ name: "v0", up: false }], false],
  ["a neighbour's device went down", NEIGHBOR_ON_V0, [{ name: "v0", up: false }], true],
] as const)("routes are read again or not: %s", (_, known, after, expected) => {
  expect(movesRoutes(known, BEFORE, interfaces(...after))).toBe(expected);
});

test("nothing was read, nothing moved", () => {
  expect(movesRoutes(BY_V0, BEFORE, BEFORE)).toBe(false);
});

test("features that are on are told, of each device its own", () => {
  const reader = createFeatureReader();
  const text = `Features for br0:
rx-checksumming: off [fixed]
tx-checksumming: on
	tx-checksum-ip-generic: on
	tx-checksum-ipv6: off [requested on]
highdma: on [fixed]
Features for eth0:
large-receive-offload: off
rx-vlan-offload: on`;
  text.split("\n").forEach(reader.line);
  expect(Object.fromEntries(reader.finish())).toEqual({
    br0: ["highdma", "tx-checksum-ip-generic", "tx-checksumming"],
    eth0: ["rx-vlan-offload"],
  });
});
