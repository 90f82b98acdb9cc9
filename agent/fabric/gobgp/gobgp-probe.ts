import { isDeepStrictEqual } from "node:util";
import type { Clock, EpochMs } from "../../../core/clock.ts";
import { intField, type Point } from "../../../core/line-protocol.ts";
import type { Probe, ProbeContext, ProbeSession } from "../../probe.ts";
import { bgpPoints } from "../bgp/bgp-points.ts";
import { speakerNode } from "../bgp/bgp-speaker.ts";
import { createSpeakerWatch, type SpeakerWatch } from "../bgp/speaker-watch.ts";
import type { WantedTarget } from "./gobgp-messages.ts";
import { type GobgpReading, openGobgp } from "./gobgp-reader.ts";
import { connectGrpc } from "./grpc-connection.ts";

export const GOBGP_ADDRESS = "127.0.0.1:50051";

/** More networks than one cloud has; further ones are in `bgp_table` only. */
const MAX_TARGETS_TOLD = 1_000;

export interface GobgpProbeDeps {
  readonly host: string;
  /** `<address>:<port>` */
  readonly address: string;
  readonly clock: Clock;
}

/** GoBGP's sessions, and which route targets its neighbours ask for (RFC 4684), over its gRPC API at each sample. */
export function gobgpProbe(deps: GobgpProbeDeps): Probe {
  // Outlives the session, so that sessions which a restart of gobgpd has ended are told.
  const watch = createSpeakerWatch(deps.host);
  return { name: "gobgp", detect: (context) => detectGobgp(deps, watch, context) };
}

async function detectGobgp(
  { host, address, clock }: GobgpProbeDeps,
  watch: SpeakerWatch,
  { signal, changed, report }: ProbeContext,
): Promise<ProbeSession | undefined> {
  const grpc = await connectGrpc(address, signal);
  const read = grpc === undefined ? undefined : await openGobgp(grpc);
  if (grpc === undefined || read === undefined) return undefined;

  function see({ speaker }: GobgpReading, at: EpochMs): void {
    if (speaker !== undefined) watch.see([speaker], at, clock.monotonicMs()).forEach(report);
  }
  const elementsOf = ({ speaker }: GobgpReading) => (speaker === undefined ? [] : [speakerNode(host, speaker)]);

  const startedAt = clock.now();
  const first = await read(startedAt, clock.monotonicMs());
  see(first, startedAt);
  let told = elementsOf(first);
  return {
    ended: grpc.closed,
    async sample(at, sink) {
      const reading = await read(at, clock.monotonicMs());
      see(reading, at);
      const { speaker, wanted } = reading;
      if (speaker !== undefined) bgpPoints(speaker, watch.messageAge(speaker), at).forEach(sink);
      rtcPoints(wanted, at).forEach(sink);
      const now = elementsOf(reading);
      if (isDeepStrictEqual(now, told)) return;
      told = now;
      changed();
    },
    contribute: () => ({ elements: told }),
  };
}

/** Route targets and who asks for them; of more than a thousand the first ones. */
export function rtcPoints(wanted: readonly WantedTarget[], at: EpochMs): readonly Point[] {
  return wanted.slice(0, MAX_TARGETS_TOLD).map(({ target, paths, neighbours }) => ({
    measurement: "bgp_rtc",
    tags: { daemon: "gobgp", route_target: target },
    fields: { paths: intField(paths), neighbours: intField(neighbours.length) },
    at,
  }));
}
