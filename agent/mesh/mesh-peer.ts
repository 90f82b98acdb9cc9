import type { Clock, EpochMs } from "../../core/clock.ts";
import type { Point } from "../../core/line-protocol.ts";
import type { MeshPeer } from "../../core/mesh.ts";
import { LEAST_PACKET_BYTES } from "./mesh-packet.ts";
import { openAsker } from "./mesh-sockets.ts";
import { headerBytesOf, PathMtuSearch } from "./path-mtu.ts";
import { LOST_AFTER_MS, type PeerState, PeerTrack } from "./peer-track.ts";

export interface PathFacts {
  /** The MTU of the interface a path leaves by; undefined where it is not known. */
  readonly linkMtu: (path: MeshPeer["path"]) => number | undefined;
  /** What the kernel has learned of the way to an address. */
  readonly routeMtu: (address: string) => number | undefined;
}

/** The largest packet is looked for this often. */
const SEARCH_EVERY_MS = 60_000;

export interface WatchedPeer {
  readonly host: string;
  /** Sends one question, and now and then a large one beside it. */
  ask(nowMs: number): void;
  expire(nowMs: number): void;
  state(nowMs: number): PeerState;
  point(at: EpochMs): Point;
  close(): void;
}

export interface MeshPeerDeps extends PathFacts {
  readonly key: Uint8Array;
  /** Who asks: 8 bytes in hexadecimal. */
  readonly asker: string;
  readonly clock: Clock;
}

/** One peer over one path: its socket, what came of the questions, and the search for the largest packet that passes. */
export function createMeshPeer(peer: MeshPeer, { key, asker, clock, ...facts }: MeshPeerDeps): WatchedPeer {
  const track = new PeerTrack();
  const large = createLargePackets(peer, facts);
  let number = 0;
  const socket = openAsker(peer, key, {
    answered(packet) {
      // Another process on this port, before us: its answers are none of ours.
      if (packet.asker !== asker) return;
      if (!large.answered(packet.number)) track.answered(packet.number, clock.monotonicMs());
    },
    refused: () => track.refused(clock.monotonicMs()),
  });
  const send = (sizeBytes: number, nowMs: number): number => {
    socket.send({ kind: "ask", asker, number: ++number, sentMs: nowMs, sizeBytes });
    return number;
  };
  return {
    host: peer.host,
    ask(nowMs) {
      track.asked(send(LEAST_PACKET_BYTES, nowMs), nowMs);
      const sizeBytes = track.state(nowMs) === "answers" ? large.due(nowMs) : undefined;
      if (sizeBytes !== undefined) large.asked(send(sizeBytes, nowMs), nowMs);
    },
    expire: (nowMs) => track.expire(nowMs),
    state: (nowMs) => track.state(nowMs),
    point(at) {
      const { sent, lost } = track.counts;
      const rtts = track.takeRoundTrips();
      const seconds = (ms: number | undefined) => (ms === undefined ? undefined : Math.round(ms * 1_000) / 1e6);
      return {
        measurement: "mesh",
        tags: { peer: peer.host, path: peer.path, class: peer.class },
        fields: {
          sent: { int: sent },
          lost: { int: lost },
          rtt_s: seconds(rtts?.meanMs),
          rtt_max_s: seconds(rtts?.maxMs),
          path_mtu_bytes: large.mtu === undefined ? undefined : { int: large.mtu },
        },
        at,
      };
    },
    close: () => socket.close(),
  };
}

/** One large packet at a time; a search each minute. */
function createLargePackets(peer: MeshPeer, { linkMtu, routeMtu }: PathFacts) {
  const header = headerBytesOf(peer.address);
  let search: PathMtuSearch | undefined;
  let begunMs = Number.NEGATIVE_INFINITY;
  let underWay: { readonly number: number; readonly sentMs: number } | undefined;
  let mtu: number | undefined;
  const finish = () => {
    if (search === undefined || search.next !== undefined) return;
    mtu = search.found;
    search = undefined;
  };
  return {
    /** The size of the payload to send now. */
    due(nowMs: number): number | undefined {
      if (underWay !== undefined) {
        if (nowMs - underWay.sentMs <= LOST_AFTER_MS) return undefined;
        underWay = undefined;
        search?.lost();
        finish();
      }
      if (search === undefined && nowMs - begunMs >= SEARCH_EVERY_MS) {
        const out = linkMtu(peer.path);
        begunMs = nowMs;
        search = out === undefined ? undefined : new PathMtuSearch(out);
      }
      const next = search?.next;
      return next === undefined ? undefined : next - header;
    },
    asked(number: number, sentMs: number): void {
      underWay = { number, sentMs };
    },
    /** Whether the answer was one of these. */
    answered(number: number): boolean {
      if (underWay?.number !== number) return false;
      underWay = undefined;
      search?.answered();
      finish();
      return true;
    },
    /** What the kernel cuts up by itself gets through, whatever its size. */
    get mtu() {
      return mtu === undefined ? undefined : Math.min(mtu, routeMtu(peer.address) ?? mtu);
    },
  };
}
