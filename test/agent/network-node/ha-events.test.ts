import { expect, test } from "vitest";
import type { KnownNamespace } from "../../../agent/metrics/interface-probe.ts";
import { networkNodeProbe } from "../../../agent/network-node/network-node-probe.ts";
import { createVacantNamespaces } from "../../../agent/network-node/vacant-namespaces.ts";
import { epochMsOf, systemClock } from "../../../core/clock.ts";
import type { HostEvent } from "../../../core/host-event.ts";
import { quietContext } from "../probe-context.ts";

const ID = "11111111-2222-3333-4444-555555555555";

test("a router's transition is reported once, when its state file says another word", async () => {
  let state = "backup";
  const proc = {
    text: (path: string) =>
      path === `/var/lib/neutron/ha_confs/${ID}/state` ? state : path === "/proc/net/dev" ? "h\nh\n" : undefined,
    names: () => [],
    link: () => undefined,
  };
  const namespaces = (): readonly KnownNamespace[] => [
    { name: undefined, inode: 1, pid: 1, interfaces: new Map() },
    { name: `qrouter-${ID}`, inode: 2, pid: undefined, interfaces: new Map() },
  ];
  const vacant = createVacantNamespaces({ namespaces, clock: systemClock });
  const events: HostEvent[] = [];
  let changes = 0;
  const probe = networkNodeProbe({}, { host: "h", proc, clock: systemClock, namespaces, vacant });
  const session = await probe.detect(quietContext({ report: (event) => events.push(event), changed: () => changes++ }));
  const sample = () => session?.sample?.(epochMsOf(1), () => undefined);
  await sample();
  await sample();
  expect([events.length, changes]).toEqual([0, 1]);
  state = "master";
  await sample();
  await sample();
  expect(events).toMatchObject([{ kind: "ha-router-transition", element: `host/h/netns/qrouter-${ID}` }]);
  const attributes = session?.contribute?.({ host: "h", kernel: undefined }).attributes;
  expect(Object.fromEntries(attributes ?? [])).toMatchObject({
    [`host/h/netns/qrouter-${ID}`]: { ha_state: "primary", router_id: ID, service: "router" },
  });
});

test("what a namespace is for is told before the first sample: a restart of the agent makes no change", async () => {
  const proc = {
    text: (path: string) => (path === "/proc/net/dev" ? "" : undefined),
    names: () => [],
    link: () => undefined,
  };
  const namespaces = (): readonly KnownNamespace[] => [
    { name: undefined, inode: 1, pid: 1, interfaces: new Map() },
    { name: `snat-${ID}`, inode: 2, pid: undefined, interfaces: new Map() },
  ];
  const vacant = createVacantNamespaces({ namespaces, clock: systemClock });
  const probe = networkNodeProbe({}, { host: "h", proc, clock: systemClock, namespaces, vacant });
  const session = await probe.detect(quietContext());
  expect(Object.fromEntries(session?.contribute?.({ host: "h", kernel: undefined }).attributes ?? [])).toEqual({
    "host/h": { role: "network" },
    [`host/h/netns/snat-${ID}`]: { router_id: ID, service: "snat" },
  });
});
