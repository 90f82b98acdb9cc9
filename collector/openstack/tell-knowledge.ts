import type { Clock, EpochMs } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { waitUnlessOver } from "../../core/wait.ts";
import { type Knowledge, OPENSTACK_ID, openStackNode } from "../../topology/openstack-node.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { CloudSource } from "./cloud-source.ts";
import type { RegionSync } from "./region-sync.ts";

export interface KnowledgeOptions {
  readonly source: CloudSource;
  readonly regions: readonly RegionSync[];
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_EVERY_MS = 5_000;
/** A service that missed a look or two is not stale yet. */
const STALE_AFTER_MS = 120_000;
const STALE_AFTER_LOOKS = 4;

/** Keeps the node `openstack/cloud` true: what compares hosts with OpenStack must know whether OpenStack is known. Until the signal ends it. */
export async function tellKnowledge(options: KnowledgeOptions, signal: AbortSignal): Promise<void> {
  const { recorder, clock, log } = options;
  const { cluster } = recorder;
  while (!signal.aborted) {
    const [servers, ports] = [knowledgeOf("servers", options, clock.now()), knowledgeOf("ports", options, clock.now())];
    const told = recorder.graph.get(OPENSTACK_ID)?.attributes;
    if (told?.servers !== servers || told.ports !== ports) {
      const put = [openStackNode(cluster, servers, ports)];
      const owner = { kind: "openstack", cluster } as const;
      await recorder.record({ kind: "changes", owner, at: clock.now(), put, remove: [] }).catch((error: unknown) => {
        log.warn({ error: messageOf(error) }, "what is known of openstack is not recorded yet");
      });
    }
    await waitUnlessOver(LOOK_EVERY_MS, signal);
  }
}

export function knowledgeOf(
  what: "servers" | "ports",
  { source, regions }: Pick<KnowledgeOptions, "source" | "regions">,
  now: EpochMs,
): Knowledge {
  const service = what === "servers" ? "compute" : "network";
  const staleAfterMs = Math.max(STALE_AFTER_MS, STALE_AFTER_LOOKS * source.pollEveryMs);
  const healths = regions.flatMap(({ services }) => services.map(({ loop }) => loop.health));
  const own = healths.filter((health) => health.service === service);
  if (own.some(({ trueAt }) => trueAt !== undefined && now - trueAt > staleAfterMs)) return "stale";
  return regions.length > 0 && regions.every(({ whole }) => whole[what]) ? "all" : "some";
}
