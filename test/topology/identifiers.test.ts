import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Attributes, type Element, linkOf, type Node } from "../../core/element.ts";
import { elementIdOf, interfaceId } from "../../core/element-id.ts";
import { identifiersOf, identifierText } from "../../topology/identifiers.ts";
import { ipAddressText, networkText, parseIpAddress } from "../../topology/ip-address.ts";

const PORT = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

function tap(attributes: Attributes): Node {
  const id = interfaceId("c-1", undefined, "tap0f1e2d3c-4b");
  return { id, kind: "tap", name: "tap0f1e2d3c-4b", cluster: "c", host: "c-1", attributes };
}

describe("what an element can be found by", () => {
  const NAME = "tap0f1e2d3c-4b";
  const cases: readonly (readonly [string, Element, readonly string[]])[] = [
    ["its name, once, when the id ends in it", tap({ mtu: 1500 }), [NAME]],
    ["its name without case", { ...tap({}), name: "Web-01" }, ["web-01", NAME]],
    ["the decoded end of its id", { ...tap({}), id: elementIdOf("vm", "a b") }, [NAME, "a b"]],
    ["MACs", tap({ mac: "FA:16:3E:00:00:01", bad: "00:00:00:00:00:00" }), [NAME, "fa:16:3e:00:00:01"]],
    [
      "IPv4 addresses and their networks",
      tap({ addresses: ["10.1.2.3/24"] }),
      [NAME, "10.1.2.3", "net:10.1.2.0/24", "net:10.1.0.0/16", "net:10.0.0.0/8"],
    ],
    [
      "IPv6 addresses in one spelling",
      tap({ local_ip: "2001:DB8:1:2:0:0:0:A" }),
      [NAME, "2001:db8:1:2::a", "net:2001:db8:1:2::/64", "net:2001:db8:1::/48", "net:2001:db8::/32"],
    ],
    ["link-local addresses without a network", tap({ addresses: ["fe80::1/64"] }), [NAME, "fe80::1"]],
    ["no loopback address", tap({ addresses: ["127.0.0.1/8", "::1/128"] }), [NAME]],
    ["no peers: they are others' addresses", tap({ peers: ["10.1.2.3"], "options.remote_ip": "10.1.2.3" }), [NAME]],
    ["UUIDs", tap({ device_id: PORT.toUpperCase() }), [NAME, PORT]],
    ["Neutron's port id whatever it is", tap({ "external_ids.iface-id": "lsp-1" }), [NAME, "lsp-1"]],
    ["VNIs", tap({ vni: 7001 }), [NAME, "vni:7001"]],
    ["a network's segmentation id by its type", tap({ segmentation_id: 12, network_type: "vlan" }), [NAME, "vlan:12"]],
    ["a network's segmentation id else", tap({ segmentation_id: 12, network_type: "vxlan" }), [NAME, "vni:12"]],
    [
      "its project, by name and id, a machine",
      { ...tap({ project: "Web-Team", project_id: "0123abcd" }), kind: "vm" },
      [NAME, "web-team", "0123abcd"],
    ],
    ["no project, a port", { ...tap({ project_id: "0123abcd" }), kind: "port" }, [NAME]],
    [
      "its address, a floating IP",
      { ...tap({ floating_ip: "203.0.113.7" }), kind: "floating-ip", name: "203.0.113.7" },
      ["203.0.113.7", NAME, "net:203.0.113.0/24", "net:203.0.0.0/16", "net:203.0.0.0/8"],
    ],
    ["nothing volatile", tap({ ovs_uuid: PORT, tag: 3 }), [NAME]],
  ];
  test.each(cases)("%s", (_name, element, expected) => {
    expect(identifiersOf(element)).toEqual(expected);
  });

  test("a link has no name", () => {
    const [from, to] = [interfaceId("a", undefined, "x"), interfaceId("a", undefined, "y")];
    expect(identifiersOf(linkOf("patch", from, to))).toEqual([]);
  });
});

describe("what somebody types", () => {
  test.each([
    ["FA-16-3E-00-00-01", "fa:16:3e:00:00:01"],
    ["fa16.3e00.0001", "fa:16:3e:00:00:01"],
    [" 2001:db8:0:0::1 ", "2001:db8::1"],
    ["Web-01", "web-01"],
    ["123456789012", "123456789012"],
    ["10.0.0.1", "10.0.0.1"],
  ])("%s is looked up as %s", (typed, token) => {
    expect(identifierText(typed)).toBe(token);
  });
});

describe("addresses", () => {
  test("what is written is read again", () => {
    const v4 = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
    const word = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 65_535 }));
    const v6 = fc.array(word, { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(fc.oneof(v4, v6), (parts) => {
        const address = { version: parts.length === 4 ? (4 as const) : (6 as const), parts };
        expect(parseIpAddress(ipAddressText(address))).toEqual(address);
      }),
    );
  });

  test.each(["1.2.3", "1.2.3.256", "01.2.3.4", "1:2:3", "::1::", "g::", "1:2:3:4:5:6:7:8:9", "", "fe80::1%eth0"])(
    "%s is none",
    (text) => expect(parseIpAddress(text)).toBeUndefined(),
  );

  test.each([
    ["10.1.2.130", 25, "10.1.2.128/25"],
    ["10.1.2.130", 0, "0.0.0.0/0"],
    ["10.1.2.130", 32, "10.1.2.130/32"],
    ["2001:db8:ffff::1", 36, "2001:db8:f000::/36"],
  ])("%s lies in its network of %i bits, %s", (text, length, network) => {
    const address = parseIpAddress(text);
    expect(address && networkText(address, length)).toBe(network);
  });
});
