import { setTimeout as wait } from "node:timers/promises";
import { elementIdOf } from "../core/element-id.ts";
import { spread } from "./collector-figures.ts";
import type { FromFake } from "./openstack-fake.ts";
import { clusterName, type SyncedFakes } from "./synced-fakes.ts";

/** What happened at the end of a phase may not be seen within it, and is not to be. */
const SEEN_WITHIN_MS = 35_000;

export interface SeenChanges {
  /** How long after it happened each was seen. */
  readonly afterMs: readonly number[];
  readonly notSeen: number;
}

/** Every second a machine of the next of these clouds begins to move; then as long as a change may take to be seen. */
export async function seeChanges(synced: SyncedFakes, clusters: readonly number[], ms: number): Promise<SeenChanges> {
  const moved: Extract<FromFake, { kind: "migrated" }>[] = [];
  const afterMs: number[] = [];
  const onMessage = (message: FromFake) => {
    if (message.kind === "migrated") moved.push(message);
  };
  synced.fake.on("message", onMessage);
  const ends = performance.now() + ms;
  for (let second = 0; performance.now() < ends; second++) {
    const cluster = clusters[second % clusters.length] ?? 0;
    if (performance.now() < ends - SEEN_WITHIN_MS) synced.tell({ kind: "migrate", cluster });
    for (let look = 0; look < 10; look++) {
      await wait(100);
      for (let place = moved.length - 1; place >= 0; place--) {
        const move = moved[place];
        if (move === undefined) continue;
        const vm = synced.recorders.get(clusterName(move.cluster))?.graph.get(elementIdOf("vm", move.uuid));
        if (vm?.attributes.status !== "MIGRATING") continue;
        afterMs.push(Date.now() - move.at);
        moved.splice(place, 1);
      }
    }
  }
  synced.fake.off("message", onMessage);
  return { afterMs, notSeen: moved.length };
}

/** Whether there were any, and each was seen so soon. */
export function areSeenWithin({ afterMs, notSeen }: SeenChanges, ms: number): boolean {
  return afterMs.length > 0 && notSeen === 0 && Math.max(...afterMs) <= ms;
}

export function seenText({ afterMs, notSeen }: SeenChanges): string {
  return `${afterMs.length} changes: ${spread(afterMs.map((ms) => ms / 1_000))} s after; ${notSeen} not seen`;
}
