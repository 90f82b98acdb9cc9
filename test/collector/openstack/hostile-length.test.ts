import fc from "fast-check";
import { expect, test } from "vitest";
import {
  loadBalancerElements,
  networkElements,
  routerElements,
  subnetElements,
} from "../../../collector/openstack/elements/network.ts";
import { portElements } from "../../../collector/openstack/elements/port.ts";
import { securityGroupElements } from "../../../collector/openstack/elements/security-group.ts";
import { serverElements } from "../../../collector/openstack/elements/server.ts";
import {
  aggregateElements,
  neutronAgentElements,
  projectElements,
  serviceElements,
  volumeElements,
  zoneElements,
} from "../../../collector/openstack/elements/service.ts";
import { ELEMENT_LIMITS, limitBrokenBy } from "../../../topology/limits.ts";

const NAMES = { get: (id: string | undefined) => id };
const context = { cluster: "c", region: "r", projects: NAMES, images: NAMES };

const lengths = fc.constantFrom(1, 64, 255, 1_001, 5_000, 70_000);
const text = fc.tuple(fc.constantFrom("x", "😀", "长"), lengths).map(([unit, length]) => unit.repeat(length));
const texts = fc
  .tuple(text, fc.constantFrom(1, 100, 1_500))
  .map(([word, count]) =>
    Array.from({ length: word.length > 300 ? Math.min(count, 30) : count }, (_, at) => `${at}${word}`),
  );
const records = fc.tuple(texts, fc.constantFrom("destination", "ip_address", "remote_ip_prefix", "addr", "start"));
const recordsArbitrary = records.map(([words, member]) =>
  words.map((word) => ({
    [member]: word,
    nexthop: word,
    mac_address: word,
    end: word,
    protocol: word,
    subnet_id: word,
  })),
);
const metadata = texts.map((words) => Object.fromEntries(words.map((word) => [word, word])));

const TEXTS = [
  ...["name", "status", "device_owner", "mac_address", "agent_type", "availability_zone", "zone", "disabled_reason"],
  ...["key_name", "user_id", "project_id", "cidr", "gateway_ip", "vip_address", "provider", "volume_type"],
  ...["OS-EXT-STS:vm_state", "OS-EXT-SRV-ATTR:instance_name", "binding:host_id", "binding:vif_type"],
];
const LISTS = ["dns_nameservers", "availability_zones", "security_groups", "hosts"];
const RECORDS = [
  "fixed_ips",
  "host_routes",
  "routes",
  "allocation_pools",
  "security_group_rules",
  "allowed_address_pairs",
];
const each = <T>(names: readonly string[], of: fc.Arbitrary<T>) =>
  fc.record(Object.fromEntries(names.map((name) => [name, of])) as Record<string, fc.Arbitrary<T>>);
const object = fc
  .tuple(each(TEXTS, text), each(LISTS, texts), each(RECORDS, recordsArbitrary), metadata, recordsArbitrary)
  .map(([words, lists, tables, meta, addresses]) => ({
    ...{ id: "i", binary: "b", host: "h", zoneName: "z", network_id: "n", ...words, ...lists, ...tables },
    ...{ metadata: meta, addresses: { net: addresses }, configurations: { tunnel_types: lists.hosts } },
    external_gateway_info: { external_fixed_ips: tables.fixed_ips },
  }));

test("whatever is told, and however long, is within what an element may have, and has its region", () => {
  const readers = [
    (it: object) => networkElements({ ...it }, context),
    (it: object) => subnetElements({ ...it }, context, undefined),
    (it: object) => routerElements({ ...it }, context),
    (it: object) => loadBalancerElements({ ...it }, context),
    (it: object) => portElements({ ...it }, context),
    (it: object) => securityGroupElements({ ...it }, context),
    (it: object) => serverElements({ ...it }, context, () => undefined),
    (it: object) => aggregateElements({ ...it }, context),
    (it: object) => zoneElements({ ...it, hosts: { ...it } }, context),
    (it: object) => serviceElements({ ...it }, context),
    (it: object) => neutronAgentElements({ ...it }, context),
    (it: object) => projectElements({ ...it }, context),
    (it: object) => volumeElements({ ...it }, context),
  ];
  fc.assert(
    fc.property(object, (it) => {
      for (const read of readers) {
        const told = read(it);
        if (told === undefined) throw new Error("nothing is told");
        expect(limitBrokenBy(told.node, ELEMENT_LIMITS)?.message).toBeUndefined();
        expect(told.node.attributes.region).toBe("r");
      }
    }),
    { numRuns: 25 },
  );
});

test("what is within the limits is told whole", () => {
  const hosts = Array.from({ length: 1_000 }, (_, number) => `compute-${10_000 + number}.example`);
  const told = aggregateElements({ id: 1, name: "a", hosts, metadata: { ssd: "true" } }, context);
  expect(told?.node.attributes).toEqual({ hosts, "metadata.ssd": "true", region: "r" });
});
