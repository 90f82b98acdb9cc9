import { expect, test } from "vitest";
import { connectionsProbe } from "../../../agent/connections/connections-probe.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import type { Node } from "../../../core/element.ts";
import { elementIdOf, hostId } from "../../../core/element-id.ts";
import { quietContext } from "../probe-context.ts";

test("that a machine's connections cannot be measured is told of its domain, as soon as the domain is known", async () => {
  const domain: Node = {
    id: elementIdOf("host", "h", "domain", "v"),
    kind: "domain",
    name: "instance-1",
    cluster: "",
    host: "h",
    parent: hostId("h"),
    attributes: { interfaces: ["vf:0000:3b:02.1"] },
  };
  const elements = new Map<Node["id"], Node>();
  let changes = 0;
  const proc = {
    text: (path: string) => (path.endsWith("nf_conntrack_count") ? "0\n" : undefined),
    names: () => [],
    link: () => undefined,
  };
  const deps = { proc, clock: systemClock, ovsDatabaseSocket: "/nowhere/db.sock", ovsRunFolder: undefined };
  const probe = connectionsProbe({}, deps);
  const session = await probe.detect(quietContext({ elements: () => elements, changed: () => changes++ }));
  const sample = () => session?.sample?.(epochMsOf(1), () => undefined);
  const told = () => [...(session?.contribute?.({ host: "h", kernel: undefined }).attributes ?? [])];
  await sample();
  expect([changes, told()]).toEqual([0, []]);
  elements.set(domain.id, domain);
  await sample();
  await sample();
  expect([changes, told()]).toEqual([1, [[domain.id, { connections: "not measurable (vf)" }]]]);
});
