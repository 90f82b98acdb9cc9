import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Element, Node } from "../../core/element.ts";
import { elementIdOf, interfaceId, ovsPortId } from "../../core/element-id.ts";
import { derivedFrom, derivingChanges, type Step } from "../../topology/derive/derivation.ts";
import { PlaceUse, placesOf } from "../../topology/derive/places.ts";
import { LiveGraph } from "../../topology/live-graph.ts";
import { changedId, diff } from "../../topology/model/change.ts";
import { runWhole } from "../../topology/model/comparison/slices.ts";
import type { Topology } from "../../topology/model/topology.ts";
import { topologyOf } from "../../topology/model/topology.ts";
import { idsOf } from "./arbitrary.ts";
import { cloudArbitrary, cloudHistoryArbitrary } from "./cloud.ts";

describe("places", () => {
  test.each([
    ["region/r/zone/z/rack/k", ["region/r", "region/r/zone/z", "region/r/zone/z/rack/k"]],
    ["region/r", ["region/r"]],
    ["region/r/zone", []],
    ["switch/s", []],
    ["region/r/zone/z/rack/k/shelf/1", []],
  ])("%s stands in %j", (parent, places) => {
    expect(placesOf(elementIdOf(...parent.split("/")))).toEqual(places);
  });
});

describe("what is derived", () => {
  const tap: Node = {
    id: interfaceId("a", undefined, "tap1"),
    kind: "tap",
    name: "tap1",
    cluster: "c",
    host: "a",
    attributes: { "external_ids.iface-id": "P1", "external_ids.vm-uuid": "v1" },
  };
  const ovsPort: Node = { ...tap, id: ovsPortId("a", "br-int", "tap1"), kind: "ovs-port" };
  const vm: Node = { id: elementIdOf("vm", "v1"), kind: "vm", name: "web", cluster: "c", attributes: {} };
  const port: Node = { ...vm, id: elementIdOf("neutron", "port", "p1"), kind: "port" };
  const ends = (elements: readonly Element[]) =>
    derivedFrom(topologyOf(elements), "c").map((link) => ("from" in link ? [link.kind, link.from, link.to] : link.id));

  test.each<readonly [string, readonly Element[], readonly unknown[]]>([
    ["nothing while OpenStack says nothing", [tap, ovsPort], []],
    ["nothing while the host says nothing", [vm, port], []],
    ["the tap is attached to its VM", [tap, vm], [["attached", tap.id, vm.id]]],
    ["the tap is attached to its port while the VM is unknown", [tap, port], [["attached", tap.id, port.id]]],
    ["the VM goes before the port", [tap, vm, port], [["attached", tap.id, vm.id]]],
    ["the OVS port implements the Neutron port", [ovsPort, vm, port], [["implements", ovsPort.id, port.id]]],
    ["no path out of an identifier", [{ ...tap, attributes: { "external_ids.vm-uuid": "../vm/v1" } }, vm], []],
  ])("%s", (_name, elements, expected) => {
    expect(ends(elements)).toEqual(expected);
  });

  test("kept up to date change by change, it is what would be derived anew", () => {
    fc.assert(
      fc.property(cloudHistoryArbitrary, (states) => {
        const [graph, places] = [new LiveGraph(), new PlaceUse("c")];
        let before: Topology = new Map();
        for (const after of states) {
          const changes = diff(before, after);
          const steps = changes.map((change): Step => {
            const was = graph.get(changedId(change));
            graph.apply([change]);
            return [was, graph.get(changedId(change))];
          });
          graph.apply(runWhole(derivingChanges(graph, places, steps)));
          places.keep();
          before = after;
          const expected = [...after.values(), ...derivedFrom(after, "c")];
          expect(idsOf(graph.elements())).toEqual(idsOf(expected));
        }
      }),
    );
  });

  test("what is rolled back was never counted", () => {
    fc.assert(
      fc.property(cloudArbitrary, cloudArbitrary, (a, b) => {
        const places = new PlaceUse("c");
        places.load(a.values());
        const steps = [...b.values()].map((element): Step => [a.get(element.id), element]);
        const first = runWhole(derivingChanges(new LiveGraph(b.values()), places, steps));
        places.rollBack();
        expect(runWhole(derivingChanges(new LiveGraph(b.values()), places, steps))).toEqual(first);
      }),
    );
  });
});
