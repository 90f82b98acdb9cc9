import { type ElementId, parseElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import { isElementKind } from "../../topology/model/parse-element.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { SubscribeReply } from "../api/live.ts";
import type { LiveFilter } from "./live-scope.ts";

export type Refused = Extract<SubscribeReply, { kind: "refused" }>;

export type Wanted =
  | { readonly kind: "elements"; readonly recorder: Recorder; readonly filter: LiveFilter }
  | { readonly kind: "counts"; readonly recorder: Recorder }
  | Refused;

const FORM = 'subscribe with { at: "live", cluster?, root?, scope?: { root?, depth?, kinds?, aggregate? } }';
const MAX_DEPTH = 100;

/** From outside: anything may be in it. */
export function parseSubscribe(request: unknown, recorders: ReadonlyMap<string, Recorder>): Wanted {
  if (!isRecord(request)) return refused("live.request_invalid", "subscribe takes an object", FORM);
  if (request.at !== "live") return refused("live.request_invalid", "`at` is not `live`", FORM);
  const recorder = recorderOf(request.cluster, recorders);
  const clusters = `the clusters are: ${[...recorders.keys()].join(", ")}`;
  if (recorder === undefined) return refused("topology.cluster_unknown", "there is no such cluster", clusters);
  const scope = request.scope ?? {};
  if (!isRecord(scope)) return refused("live.request_invalid", "`scope` is not an object", FORM);
  const root = parseRoot(scope.root ?? request.root ?? undefined);
  if (root === "invalid") return refused("topology.id_invalid", "`root` is not the id of an element", FORM);
  if (scope.aggregate === true) return { kind: "counts", recorder };
  const depth = scope.depth ?? undefined;
  const isDepth = typeof depth === "number" && Number.isSafeInteger(depth) && depth >= 0 && depth <= MAX_DEPTH;
  if (depth !== undefined && (!isDepth || root === undefined)) {
    return refused("live.request_invalid", `\`depth\` is not 0 to ${MAX_DEPTH} levels below a \`root\``, FORM);
  }
  const kinds = parseKinds(scope.kinds ?? undefined);
  if (kinds === "invalid") return refused("live.request_invalid", "`kinds` is not a list of kinds", FORM);
  return { kind: "elements", recorder, filter: { root, depth: isDepth ? depth : undefined, kinds } };
}

export function refused(code: string, detail: string, hint: string): Refused {
  return { kind: "refused", code, detail, hint };
}

function recorderOf(cluster: unknown, recorders: ReadonlyMap<string, Recorder>): Recorder | undefined {
  const [onlyOne, second] = recorders.values();
  if (cluster === undefined || cluster === null) return second === undefined ? onlyOne : undefined;
  return typeof cluster === "string" ? recorders.get(cluster) : undefined;
}

function parseRoot(root: unknown): ElementId | undefined | "invalid" {
  if (root === undefined) return undefined;
  return (typeof root === "string" ? parseElementId(root) : undefined) ?? "invalid";
}

function parseKinds(kinds: unknown): ReadonlySet<string> | undefined | "invalid" {
  if (kinds === undefined) return undefined;
  return Array.isArray(kinds) && kinds.length > 0 && kinds.every(isElementKind) ? new Set(kinds) : "invalid";
}
