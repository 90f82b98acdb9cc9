import { expect, test } from "vitest";
import { elementOf, isGone } from "../../alerts/element-of.ts";
import { hostId, interfaceId } from "../../core/element-id.ts";

const known = new Set<string>([hostId("known"), interfaceId("known", undefined, "eth0")]);
const exists = (_cluster: string | undefined, id: string) => known.has(id);

test.each([
  ["an interface that is there", { host: "known", interface: "eth0" }, false],
  ["an interface that is not, on a host the topology knows", { host: "known", interface: "tap1" }, true],
  ["a host the topology knows", { host: "known" }, false],
  ["an interface of a host that only sends metrics", { host: "stranger", interface: "eth0" }, false],
  ["labels that name no element", {}, false],
])("%s", (_name, labels, gone) => {
  expect(isGone(labels, exists)).toBe(gone);
});

test("nothing is gone while the topology cannot say", () => {
  expect(isGone({ host: "known", interface: "tap1" }, () => undefined)).toBe(false);
});

test("an alert about a machine or a port of Open vSwitch points at it", () => {
  const all = () => true;
  expect(elementOf({ host: "h", vm_id: "u-1", interface: "tap1" }, all)).toBe("host/h/domain/u-1");
  expect(elementOf({ host: "h", bridge: "br-int", port: "tap1" }, all)).toBe("host/h/ovs/br-int/port/tap1");
});

test("an alert points at the interface where it is known, else at the host", () => {
  expect(elementOf({ host: "known", interface: "eth0" }, exists)).toBe(interfaceId("known", undefined, "eth0"));
  expect(elementOf({ host: "known", interface: "tap1" }, exists)).toBe(hostId("known"));
});

test.each([
  ["by the name of its target", { instance: "known:9104" }, hostId("known")],
  ["by that without its domain", { instance: "known.example.org:9104" }, hostId("known")],
  ["by RabbitMQ's name of its node", { instance: "10.0.0.1:15672", node: "rabbit@known" }, hostId("known")],
  ["not when its label says another", { instance: "known:9104", host: "stranger" }, undefined],
  ["not by an address", { instance: "10.0.0.1:9104" }, undefined],
])("what was scraped points at its host %s", (_how, labels, expected) => {
  expect(elementOf(labels, exists)).toBe(expected);
});

test("a target that the topology does not know is not gone", () => {
  expect(isGone({ instance: "stranger:9104" }, exists)).toBe(false);
});

test("an alert about a range of a subnet points at the subnet", () => {
  const labels = { region: "north", subnet_id: "5c1f", range: "10.0.0.2-10.0.0.254" };
  expect(elementOf(labels, () => true)).toBe("neutron/subnet/5c1f");
  expect(elementOf(labels, () => false)).toBeUndefined();
  expect(isGone(labels, () => false)).toBe(false);
});
