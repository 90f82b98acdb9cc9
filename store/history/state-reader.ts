import { setImmediate } from "node:timers/promises";
import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import { applyToElement, changedId } from "../../topology/model/change.ts";
import type { SqlReader } from "../sql-database.ts";
import type { ChangeFilter } from "./change-filter.ts";
import { readEntries, readTail } from "./change-reader.ts";
import { type Keyframe, type KnowledgeBounds, newestKeyframes, readKeyframeData } from "./keyframes.ts";
import type { PartRange, Selection } from "./part.ts";
import { changeOf, type Entry, inOrder, storedElement } from "./stored-changes.ts";

/** Changes that are applied in one turn of the event loop: each takes about ten microseconds. */
const CHANGES_PER_TURN = 500;

export interface PartsState {
  readonly elements: ReadonlyMap<ElementId, Element>;
  readonly keyframes: ReadonlyMap<string, Keyframe>;
  /** Of each part with changes after its keyframe, the latest times among them. */
  readonly changed: ReadonlyMap<string, { readonly maxAt: number; readonly maxKnownAt: number }>;
}

/** Parts that are read together, with the ranges that hold no others. */
export interface Slice {
  readonly parts: readonly string[];
  readonly ranges: readonly PartRange[];
}

/**
 * The state of a few parts within bounds of knowledge: their newest keyframes that know of nothing beyond, and every change they
 * did not know, in the order of (`at`, revision, ordinal). Cost: what these parts hold and what changed since.
 */
export async function readParts(
  reader: SqlReader,
  bounds: KnowledgeBounds,
  { parts, ranges }: Slice,
  selection?: Selection,
): Promise<PartsState> {
  const { includes, elements: condition } = selection ?? {};
  const keyframes = await newestKeyframes(reader, bounds, ranges);
  const known = parts.flatMap((part) => keyframes.get(part)?.revision ?? []);
  const filter = { ...bounds, ranges, includes, elements: condition, afterRevision: Math.min(...known) };
  const entries = await entriesSince(reader, keyframes, filter);
  const elements = new Map<ElementId, Element>();
  await readKeyframeData(
    reader,
    [...keyframes.values()].map(({ body }) => body),
    (line) => {
      const element = storedElement(line);
      if (includes === undefined || includes(element.id)) elements.set(element.id, element);
    },
  );
  const changed = new Map<string, { maxAt: number; maxKnownAt: number }>();
  for (const [count, entry] of entries.entries()) {
    if (count % CHANGES_PER_TURN === CHANGES_PER_TURN - 1) await setImmediate();
    applyEntry(elements, entry);
    const latest = changed.get(entry.part) ?? { maxAt: entry.at, maxKnownAt: entry.knownAt };
    latest.maxAt = Math.max(latest.maxAt, entry.at);
    latest.maxKnownAt = Math.max(latest.maxKnownAt, entry.knownAt);
    changed.set(entry.part, latest);
  }
  return { elements, keyframes, changed };
}

/** What the keyframes did not know, in order. Parts without a keyframe have nothing sealed. */
async function entriesSince(
  reader: SqlReader,
  keyframes: ReadonlyMap<string, Keyframe>,
  filter: ChangeFilter & { readonly afterRevision: number },
): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const { afterRevision, ...tail } = filter;
  const chunks = Number.isFinite(afterRevision) ? readEntries(reader, filter) : readTail(reader, tail);
  for await (const chunk of chunks) {
    for (const entry of chunk) if (entry.revision > (keyframes.get(entry.part)?.revision ?? -1)) entries.push(entry);
  }
  return entries.sort(inOrder);
}

function applyEntry(elements: Map<ElementId, Element>, entry: Entry): void {
  const change = changeOf(entry);
  const id = changedId(change);
  const after = applyToElement(elements.get(id), change);
  if (after === undefined) elements.delete(id);
  else elements.set(id, after);
}
