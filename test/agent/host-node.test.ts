import { expect, test } from "vitest";
import { hostNode, placeId } from "../../agent/topology/host-node.ts";

test("a host stands below its rack, whatever the names of places are made of", () => {
  const location = { region: "cn-north", zone: "az 2", rack: "r/17" };
  expect(placeId(location)).toBe("region/cn-north/zone/az%202/rack/r%2F17");
  expect(hostNode("c-1", location, {}).parent).toBe(placeId(location));
});

test("a host that nobody placed stands below nothing", () => {
  expect(hostNode("c-1", undefined, {}).parent).toBeUndefined();
});
