import { isIP } from "node:net";
import type { BatchReply, HelloReply, Refusal } from "../../core/agent-protocol.ts";
import { epochMsOf } from "../../core/clock.ts";
import { isRecord } from "../../core/json.ts";
import { MAX_MESH_PEERS, MESH_CLASSES, type MeshPeer, type MeshPlan } from "../../core/mesh.ts";

/** The longest that a collector can make an agent wait. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;
const MIN_MESH_INTERVAL_MS = 100;

export function parseHelloReply(reply: unknown): HelloReply {
  if (isRecord(reply)) {
    const { kind, cluster } = reply;
    if ((kind === "resume" || kind === "full") && typeof cluster === "string") {
      const [wants_volatile, takes_events] = [reply.wants_volatile === true, reply.takes_events === true];
      return { kind, cluster, server_at: instantOf(reply.server_at), wants_volatile, takes_events };
    }
    if (kind === "later") return parseLater(reply);
  }
  return parseRefusal(reply);
}

export function parseBatchReply(reply: unknown): BatchReply {
  if (isRecord(reply)) {
    if (reply.kind === "ack") return { kind: "ack", batch: Number(reply.batch), server_at: instantOf(reply.server_at) };
    if (reply.kind === "later") return parseLater(reply);
  }
  return parseRefusal(reply);
}

function parseLater(reply: Record<string, unknown>) {
  const afterMs = Number(reply.retry_after_ms);
  const retryAfterMs = afterMs > 0 ? Math.min(afterMs, MAX_RETRY_AFTER_MS) : 0;
  return { kind: "later", retry_after_ms: retryAfterMs, server_at: instantOf(reply.server_at) } as const;
}

/** A reply that this version does not know is a refusal too: going on would not be what the collector meant. */
export function parseRefusal(reply: unknown): Refusal {
  const { code, detail, hint } = isRecord(reply) ? reply : {};
  return {
    kind: "refused",
    code: typeof code === "string" ? code : "agent.reply_unknown",
    detail: typeof detail === "string" ? detail : "the collector answered something this agent does not understand",
    hint: typeof hint === "string" ? hint : "run the same version of agent and collector",
  };
}

/** Undefined for a plan this version does not understand: the last one then stands. */
export function parseMeshPlan(message: unknown): MeshPlan | undefined {
  if (!isRecord(message)) return undefined;
  const { key, interval_ms, peers } = message;
  if (typeof key !== "string" || !/^[0-9a-f]{64}$/.test(key)) return undefined;
  if (typeof interval_ms !== "number" || !(interval_ms >= MIN_MESH_INTERVAL_MS)) return undefined;
  if (!Array.isArray(peers)) return undefined;
  return { key, interval_ms, peers: peers.flatMap((peer) => parsePeer(peer) ?? []).slice(0, MAX_MESH_PEERS) };
}

function parsePeer(value: unknown): MeshPeer | undefined {
  if (!isRecord(value)) return undefined;
  const { host, address, port } = value;
  const meshClass = MESH_CLASSES.find((name) => name === value.class);
  if (typeof host !== "string" || typeof address !== "string" || isIP(address) === 0) return undefined;
  if (typeof port !== "number" || !(port > 0 && port < 65_536) || meshClass === undefined) return undefined;
  return { host, address, port, class: meshClass, path: value.path === "overlay" ? "overlay" : "underlay" };
}

function instantOf(value: unknown) {
  return epochMsOf(typeof value === "number" ? value : Number.NaN);
}
