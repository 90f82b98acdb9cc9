import type { BatchReply, HelloReply, Refusal } from "../../core/agent-protocol.ts";
import { epochMsOf } from "../../core/clock.ts";
import { isRecord } from "../../core/json.ts";
import { MAX_MESH_PEERS, MESH_CLASSES, type MeshPeer, type MeshPlan } from "../../core/mesh.ts";

/** What the collector answered; whatever this version does not know counts as a refusal. */
export function parseHelloReply(reply: unknown): HelloReply {
  if (!isRecord(reply)) return unknownReply();
  const { kind, cluster } = reply;
  if ((kind === "resume" || kind === "full") && typeof cluster === "string") {
    const [wants_volatile, takes_events] = [reply.wants_volatile === true, reply.takes_events === true];
    return { kind, cluster, server_at: instantOf(reply.server_at), wants_volatile, takes_events };
  }
  return parseLater(reply) ?? parseRefusal(reply);
}

export function parseBatchReply(reply: unknown): BatchReply {
  if (!isRecord(reply)) return unknownReply();
  if (reply.kind === "ack") return { kind: "ack", batch: Number(reply.batch), server_at: instantOf(reply.server_at) };
  return parseLater(reply) ?? parseRefusal(reply);
}

/** Undefined for a plan this version does not understand: the last one then stands. */
export function parseMeshPlan(message: unknown): MeshPlan | undefined {
  if (!isRecord(message)) return undefined;
  const { key, interval_ms, peers } = message;
  if (typeof key !== "string" || typeof interval_ms !== "number" || !(interval_ms > 0)) return undefined;
  if (!Array.isArray(peers)) return undefined;
  return { key, interval_ms, peers: peers.flatMap((peer) => parsePeer(peer) ?? []).slice(0, MAX_MESH_PEERS) };
}

function parsePeer(value: unknown): MeshPeer | undefined {
  if (!isRecord(value)) return undefined;
  const { host, address, port } = value;
  const meshClass = MESH_CLASSES.find((name) => name === value.class);
  if (typeof host !== "string" || typeof address !== "string" || typeof port !== "number") return undefined;
  if (meshClass === undefined) return undefined;
  return { host, address, port, class: meshClass, path: value.path === "overlay" ? "overlay" : "underlay" };
}

export function parseRefusal(reply: unknown): Refusal {
  const { code, detail, hint } = isRecord(reply) ? reply : {};
  if (typeof code !== "string" || typeof detail !== "string" || typeof hint !== "string") return unknownReply();
  return { kind: "refused", code, detail, hint };
}

function parseLater({ kind, retry_after_ms, server_at }: Record<string, unknown>) {
  if (kind !== "later" || typeof retry_after_ms !== "number") return undefined;
  return { kind: "later", retry_after_ms: Math.min(retry_after_ms, 600_000), server_at: instantOf(server_at) } as const;
}

function unknownReply(): Refusal {
  return {
    kind: "refused",
    code: "agent.reply_unknown",
    detail: "the collector answered something this simulator does not understand",
    hint: "run the same version of simulator and collector",
  };
}

function instantOf(value: unknown) {
  return epochMsOf(typeof value === "number" ? value : Number.NaN);
}
