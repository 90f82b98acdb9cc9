import type { ElementId } from "../../core/element-id.ts";
import { type Cause, causeKey, explains, isBetter, type Trouble, troubleOf, troubleOfCause } from "./cause.ts";
import { findCauses, type Population } from "./find-causes.ts";
import type { Symptom } from "./symptom.ts";

/** Symptoms with one cause. */
export interface Group {
  /** Names it among the groups of one cluster; the same cause has the same key at any time. */
  readonly key: string;
  /** Undefined: nothing upstream explains it; it is itself what is wrong. */
  readonly cause: Cause | undefined;
  /** Ids of symptoms, those that the cause is recognised by among them. */
  readonly members: readonly string[];
}

/**
 * Groups what is wrong in a cluster by what made it so. Laws: each symptom is in exactly one group; the order in which they came does not
 * count; a symptom without any cause within its reach changes no other group. The cost follows the symptoms, not the cloud.
 */
export function correlate(symptoms: readonly Symptom[], population: Population): readonly Group[] {
  const causes = findCauses(symptoms, population);
  const byPlace = Map.groupBy(causes, ({ at }) => at);
  const rootOf = rootsOf(causes, byPlace);
  const groups = new Map<string, { cause: Cause | undefined; members: string[] }>();
  for (const symptom of symptoms) {
    const direct = bestOf(byPlace, troubleOf(symptom)) ?? statedOf(byPlace, symptom);
    const cause = direct === undefined ? undefined : rootOf(direct);
    const key = cause === undefined ? `own ${symptom.within[0] ?? ""} ${symptom.topic}` : causeKey(cause);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { cause, members: [symptom.id] });
    else group.members.push(symptom.id);
  }
  return [...groups].map(([key, group]) => ({ key, ...group }));
}

/** The cause that the symptom itself states. */
function statedOf(byPlace: ReadonlyMap<ElementId, readonly Cause[]>, { sign, within }: Symptom): Cause | undefined {
  const [at] = within;
  return at === undefined ? undefined : byPlace.get(at)?.find(({ kind }) => kind.statedBy.includes(sign));
}

/** What made each cause, and that, up to what nothing made. Each step leads further upstream, so it ends. */
function rootsOf(causes: readonly Cause[], byPlace: ReadonlyMap<ElementId, readonly Cause[]>): (cause: Cause) => Cause {
  const above = new Map(causes.map((cause) => [cause, bestOf(byPlace, troubleOfCause(cause))]));
  return function rootOf(cause: Cause): Cause {
    const next = above.get(cause);
    return next === undefined ? cause : rootOf(next);
  };
}

function bestOf(byPlace: ReadonlyMap<ElementId, readonly Cause[]>, trouble: Trouble): Cause | undefined {
  let best: Cause | undefined;
  for (const places of [trouble.within, trouble.needs]) {
    for (const place of places) {
      for (const cause of byPlace.get(place) ?? []) {
        if (explains(cause, trouble) && (best === undefined || isBetter(cause, best))) best = cause;
      }
    }
  }
  return best;
}
