import { epochMsOf } from "../core/clock.ts";
import { parseElementId } from "../core/element-id.ts";
import { isRecord, type Json } from "../core/json.ts";
import type { Finding } from "../topology/invariants/finding.ts";
import type { FindingMemory, FindingWrite } from "../topology/invariants/finding-memory.ts";
import { INVARIANT_NAMES } from "../topology/invariants/invariant.ts";
import { parseAttributes } from "../topology/model/parse-element.ts";
import type { StateStore } from "./state-store.ts";

/** Findings in the state store, one document each, in the collection `findings/<cluster>`. */
export function findingMemoryIn(state: StateStore): FindingMemory {
  return {
    // One that does not parse was written by another version: it is found again in the graph, and begins anew.
    load: (cluster) =>
      [...state.all(collectionOf(cluster)).values()].flatMap((document) => parseFinding(document) ?? []),
    save: (cluster, writes) => state.commit(writes.map((write) => stateWrite(collectionOf(cluster), write))),
  };
}

function collectionOf(cluster: string): string {
  return `findings/${cluster}`;
}

function stateWrite(collection: string, { key, finding }: FindingWrite) {
  return { collection, key, document: finding === undefined ? undefined : documentOf(finding) };
}

function documentOf({ since, elements, detail, standingAt, endedAt, ...rest }: Finding): Json {
  return {
    ...rest,
    since: { ...since },
    elements: [...elements],
    detail: Object.fromEntries(Object.entries(detail).map(([name, value]) => [name, jsonOf(value)])),
    ...(standingAt === undefined ? {} : { standingAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
}

function jsonOf(value: Finding["detail"][string]): Json {
  return typeof value === "object" ? [...value] : value;
}

export function parseFinding(document: unknown): Finding | undefined {
  if (!isRecord(document) || !isRecord(document.since) || !Array.isArray(document.elements)) return undefined;
  const { id, subject, level, state, since, isUnknown, standingAt, endedAt } = document;
  const invariant = INVARIANT_NAMES.find((name) => name === document.invariant);
  const elements = document.elements.map((item) => (typeof item === "string" ? parseElementId(item) : undefined));
  const known = elements.filter((element) => element !== undefined);
  const detail = parseAttributes(document.detail);
  const [revision, at] = [since.revision, since.at];
  if (invariant === undefined || known.length !== elements.length || !("attributes" in detail)) return undefined;
  if (typeof id !== "string" || typeof subject !== "string" || typeof isUnknown !== "boolean") return undefined;
  if (typeof revision !== "number" || typeof at !== "number") return undefined;
  if (level !== "warning" && level !== "critical") return undefined;
  if (state !== "settling" && state !== "standing") return undefined;
  return {
    id,
    invariant,
    subject,
    elements: known,
    level,
    detail: detail.attributes,
    since: { revision, at: epochMsOf(at) },
    state,
    standingAt: typeof standingAt === "number" ? epochMsOf(standingAt) : undefined,
    isUnknown,
    endedAt: typeof endedAt === "number" ? epochMsOf(endedAt) : undefined,
  };
}
