import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { Cause } from "./cause.ts";
import { CAUSE_KINDS, type CauseKind, type CauseKindName, type Inference } from "./cause-kinds.ts";
import type { Symptom } from "./symptom.ts";

/** How many parts a place has, well or not, of those that this kind of cause is inferred from; 0: nobody knows. */
export type Population = (place: ElementId, kind: CauseKind) => number;

/** The parts of a place that go down with it do so within this time. */
export const TOGETHER_MS = 120_000;
export const LEAST_PARTS = 2;
/** Of all parts a place has. */
export const LEAST_SHARE = 0.6;

/** The causes that symptoms state, and those that follow from many of these. */
export function findCauses(symptoms: readonly Symptom[], population: Population): readonly Cause[] {
  const found = new Map<CauseKindName, readonly Cause[]>();
  // What a place is inferred from stands further downstream.
  for (const kind of CAUSE_KINDS.toReversed()) {
    const stated = symptoms.filter(({ sign }) => kind.statedBy.includes(sign)).map((symptom) => stating(kind, symptom));
    found.set(kind.name, [...merged(stated), ...inferred(kind, found, { symptoms, population })]);
  }
  return [...found.values()].flat();
}

function stating(kind: CauseKind, { id, startedAt, endedAt, within, needs }: Symptom): Cause {
  const [at] = within;
  if (at === undefined) throw new RangeError(`symptom ${id} states a cause and names no element`);
  return { kind, at, startedAt, endedAt, evidence: [id], within, needs };
}

/** Those of the same kind at the same place are one, from the first that began to the last that ends. */
function merged(causes: readonly Cause[]): readonly Cause[] {
  const byPlace = Map.groupBy(causes, ({ at }) => at);
  return [...byPlace.values()].map((same) => spanning(same));
}

function spanning(same: readonly Cause[]): Cause {
  const sorted = same.toSorted((a, b) => a.startedAt - b.startedAt || (a.evidence.join() < b.evidence.join() ? -1 : 1));
  const [first] = sorted;
  if (first === undefined) throw new RangeError("there is nothing to span");
  return { ...first, endedAt: lastEnd(sorted), evidence: sorted.flatMap(({ evidence }) => evidence) };
}

interface Part {
  readonly element: ElementId;
  readonly cause: Cause;
  readonly places: readonly ElementId[];
}

function inferred(
  kind: CauseKind,
  found: ReadonlyMap<CauseKindName, readonly Cause[]>,
  { symptoms, population }: { readonly symptoms: readonly Symptom[]; readonly population: Population },
): readonly Cause[] {
  if (kind.inferredFrom === undefined) return [];
  const byPlace = new Map<ElementId, Cause[]>();
  for (const { cause, places } of partsOf(kind, kind.inferredFrom, { found, symptoms })) {
    for (const place of places) {
      if (!kind.inferredFrom.place.test(place)) continue;
      const parts = byPlace.get(place);
      if (parts === undefined) byPlace.set(place, [cause]);
      else parts.push(cause);
    }
  }
  return [...byPlace].flatMap(([place, parts]) => inferredAt(kind, place, { parts, all: population(place, kind) }));
}

function partsOf(
  kind: CauseKind,
  { parts }: Inference,
  {
    found,
    symptoms,
  }: { readonly found: ReadonlyMap<CauseKindName, readonly Cause[]>; readonly symptoms: readonly Symptom[] },
): readonly Pick<Part, "cause" | "places">[] {
  if ("kind" in parts) return (found.get(parts.kind) ?? []).map((cause) => ({ cause, places: cause.within }));
  const showing = symptoms.filter(({ sign }) => sign === parts.sign).map((symptom) => stating(kind, symptom));
  return merged(showing).map((cause) => ({ cause, places: cause.needs }));
}

/** The first time that enough parts went down together. */
function inferredAt(
  kind: CauseKind,
  place: ElementId,
  { parts, all }: { readonly parts: readonly Cause[]; readonly all: number },
): readonly Cause[] {
  const least = Math.max(LEAST_PARTS, Math.ceil(LEAST_SHARE * all));
  if (all === 0 || parts.length < least) return [];
  const sorted = parts.toSorted((a, b) => a.startedAt - b.startedAt || (a.at < b.at ? -1 : 1));
  const begin = sorted.findIndex((part, n) => {
    const last = sorted[n + least - 1];
    return last !== undefined && last.startedAt - part.startedAt <= TOGETHER_MS;
  });
  const [first] = sorted.slice(begin === -1 ? sorted.length : begin);
  if (first === undefined) return [];
  const together = sorted.filter(
    ({ startedAt }) => startedAt >= first.startedAt && startedAt - first.startedAt <= TOGETHER_MS,
  );
  return [
    {
      ...{ kind, at: place, startedAt: first.startedAt, endedAt: lastEnd(together) },
      evidence: together.flatMap(({ evidence }) => evidence),
      ...{ within: placesFrom(first.within, place), needs: [] },
    },
  ];
}

/** The place and what holds it. */
function placesFrom(within: readonly ElementId[], place: ElementId): readonly ElementId[] {
  const at = within.indexOf(place);
  return at === -1 ? [place] : within.slice(at);
}

function lastEnd(causes: readonly Cause[]): EpochMs | undefined {
  if (causes.some(({ endedAt }) => endedAt === undefined)) return undefined;
  return epochMsOf(Math.max(...causes.map(({ endedAt }) => endedAt ?? 0)));
}
