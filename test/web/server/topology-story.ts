import { epochMsOf } from "../../../core/clock.ts";
import type { Element } from "../../../core/element.ts";
import { elementIdOf, hostId, interfaceId, linkId } from "../../../core/element-id.ts";
import type { Statement } from "../../../topology/statement.ts";
import { newFolder, startSite, type TopologySite } from "../../fixtures/topology-site.ts";
import { hostNode, nic } from "../../topology/arbitrary.ts";
import { SetClock } from "../../topology/fakes.ts";

/** Half past two in the morning; everything happens in the minutes after. */
const T0 = Date.parse("2026-01-31T02:30:00Z");
export const clock = new SetClock(T0 + 3_600_000);
export const minutes = (count: number) => T0 + count * 60_000;
export const [eth0, eth1, wan] = [
  interfaceId("a", undefined, "eth0"),
  interfaceId("a", undefined, "eth1"),
  interfaceId("a", undefined, "wan"),
];
export const bridge: Element = { ...nic("a", "br0"), kind: "bridge" };
export const link: Element = {
  id: linkId("layer2", bridge.id, nic("a", "eth1").id),
  kind: "layer2",
  from: bridge.id,
  to: nic("a", "eth1").id,
  attributes: {},
};
export const netns = elementIdOf("host", "a", "netns", "n1");

async function record(
  site: TopologySite,
  minute: number,
  fields: Partial<Extract<Statement, { kind: "changes" }>>,
  host = "a",
): Promise<void> {
  const owner = { kind: "agent", host } as const;
  await site.recorder.record({
    kind: "changes",
    owner,
    at: epochMsOf(minutes(minute)),
    put: [],
    remove: [],
    ...fields,
  });
}

async function agentSession(site: TopologySite, minute: number, session: string): Promise<void> {
  const node: Element = {
    id: elementIdOf("agent", "b"),
    kind: "agent",
    name: "b",
    cluster: "main",
    host: "b",
    parent: hostId("b"),
    attributes: { session },
  };
  const owner = { kind: "recorder", host: "b" } as const;
  await site.recorder.record({ kind: "changes", owner, at: epochMsOf(minutes(minute)), put: [node], remove: [] });
}

/** r1 02:31 host, eth0 · r2 02:32 eth1 · r3 02:33 eth0 down · r4 02:34 eth0 → wan · r5 02:35 bridge with link ·
 * r6 02:36 eth1 moves into a namespace · r7, r8: agent of b connected 02:31, silent 02:37 · r9 02:38 wan's MTU, and back (r10 02:39) */
export async function startStory(): Promise<TopologySite> {
  const folder = newFolder();
  const site = await startSite(folder.path, { clock });
  await record(site, 1, { put: [hostNode("a"), nic("a", "eth0", { operstate: "up", ifindex: 2 })] });
  await record(site, 2, { put: [nic("a", "eth1")] });
  await record(site, 3, { put: [nic("a", "eth0", { operstate: "down" })] });
  await record(site, 4, {
    put: [nic("a", "wan", { operstate: "down" })],
    remove: [eth0],
    renamed: new Map([[wan, eth0]]),
  });
  await record(site, 5, { put: [bridge, link] });
  await record(site, 6, { put: [{ ...nic("a", "eth1"), parent: netns }] });
  await agentSession(site, 1, "connected");
  await agentSession(site, 7, "silent");
  await record(site, 8, { put: [nic("a", "wan", { operstate: "down", mtu: 9000 })] });
  await record(site, 9, { put: [nic("a", "wan", { operstate: "down" })] });
  return {
    ...site,
    stop: async () => {
      await site.stop();
      folder.remove();
    },
  };
}

export function idsIn(body: unknown): readonly string[] {
  return (body as { elements: Element[] }).elements.map(({ id }) => id).sort();
}
