import { AFTERMATH_MS, NOTICED_BEFORE_MS } from "../../../alerts/causes/cause.ts";
import { CAUSE_KINDS, type CauseKind } from "../../../alerts/causes/cause-kinds.ts";
import { LEAST_PARTS, LEAST_SHARE, type Population, TOGETHER_MS } from "../../../alerts/causes/find-causes.ts";
import type { Sign, Symptom } from "../../../alerts/causes/symptom.ts";

interface Span {
  readonly kind: CauseKind;
  readonly at: string;
  readonly from: number;
  /** Infinity while it goes on. */
  readonly to: number;
  readonly within: readonly string[];
  readonly needs: readonly string[];
}

/** Slow and obvious: every cause is held against every symptom. Gives the key of each symptom's group. */
export function groupsByOracle(symptoms: readonly Symptom[], population: Population): ReadonlyMap<string, string> {
  const causes = allCauses(symptoms, population);
  return new Map(symptoms.map((symptom) => [symptom.id, keyOf(symptom, causes)]));
}

function keyOf(symptom: Symptom, causes: readonly Span[]): string {
  const level = CAUSE_KINDS.findIndex(({ statedBy }) => statedBy.includes(symptom.sign));
  const own = causes.find(({ kind, at }) => kind.statedBy.includes(symptom.sign) && at === symptom.within[0]);
  const trouble = { ...symptom, from: Number(symptom.startedAt), level: level === -1 ? CAUSE_KINDS.length : level };
  let cause = mostUpstream(causes, trouble) ?? own;
  if (cause === undefined) return `own ${symptom.within[0]} ${symptom.topic}`;
  for (let above = aboveOf(cause, causes); above !== undefined; above = aboveOf(cause, causes)) cause = above;
  return `${cause.kind.name} ${cause.at}`;
}

function aboveOf(cause: Span, causes: readonly Span[]): Span | undefined {
  const sign: Sign = cause.kind.statedBy[0] ?? "host_down";
  return mostUpstream(causes, { ...cause, sign, level: CAUSE_KINDS.indexOf(cause.kind) });
}

function mostUpstream(
  causes: readonly Span[],
  trouble: { sign: Sign; from: number; level: number; within: readonly string[]; needs: readonly string[] },
): Span | undefined {
  return causes
    .filter(({ kind }) => CAUSE_KINDS.indexOf(kind) < trouble.level)
    .filter(
      ({ kind, at }) =>
        (kind.explainsWithin.includes(trouble.sign) && trouble.within.includes(at)) ||
        (kind.explainsNeeds.includes(trouble.sign) && trouble.needs.includes(at)),
    )
    .filter(({ from, to }) => from <= trouble.from + NOTICED_BEFORE_MS && trouble.from <= to + AFTERMATH_MS)
    .sort(
      (a, b) => CAUSE_KINDS.indexOf(a.kind) - CAUSE_KINDS.indexOf(b.kind) || a.from - b.from || (a.at < b.at ? -1 : 1),
    )[0];
}

function allCauses(symptoms: readonly Symptom[], population: Population): readonly Span[] {
  const spans: Span[] = [];
  const states = (kind: CauseKind, sign: (sign: Sign) => boolean): Span[] => {
    const showing = symptoms.filter((symptom) => sign(symptom.sign));
    const places = [...new Set(showing.map(({ within }) => within[0] as string))];
    return places.map((at) => {
      const same = showing.filter(({ within }) => within[0] === at);
      const first = same.toSorted((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1))[0] as Symptom;
      const to = Math.max(...same.map(({ endedAt }) => endedAt ?? Number.POSITIVE_INFINITY));
      return { kind, at, from: first.startedAt, to, within: first.within, needs: first.needs };
    });
  };
  for (const kind of CAUSE_KINDS) spans.push(...states(kind, (sign) => kind.statedBy.includes(sign)));
  for (const name of ["switch", "rack", "zone"]) {
    const kind = CAUSE_KINDS.find((it) => it.name === name) as CauseKind;
    const parts = kind.inferredFrom?.parts ?? { sign: "own" };
    const candidates =
      "kind" in parts ? spans.filter((it) => it.kind.name === parts.kind) : states(kind, (it) => it === parts.sign);
    const placesOf = (it: Span) => ("kind" in parts ? it.within : it.needs);
    const places = new Set(candidates.flatMap(placesOf).filter((it) => kind.inferredFrom?.place.test(it)));
    const found = [...places].flatMap((at) => {
      const down = candidates.filter((it) => placesOf(it).includes(at));
      const all = population(at as never, kind);
      // Each moment at which a part went down might be the beginning; the first that fits is.
      const begin = down
        .map(({ from }) => from)
        .sort((a, b) => a - b)
        .find((from) => {
          const together = down.filter((it) => it.from >= from && it.from <= from + TOGETHER_MS).length;
          return all > 0 && together >= LEAST_PARTS && together >= LEAST_SHARE * all;
        });
      if (begin === undefined) return [];
      const together = down.filter((it) => it.from >= begin && it.from <= begin + TOGETHER_MS);
      const within = together.map((it) => it.within).find((it) => it.includes(at));
      return [
        {
          ...{ kind, at, from: begin, to: Math.max(...together.map(({ to }) => to)) },
          ...{ within: within?.slice(within.indexOf(at)) ?? [at], needs: [] },
        },
      ];
    });
    spans.push(...found);
  }
  return spans;
}
