import { type Clock, type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type ElementId, parseElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { TopologyStore } from "../../store/topology-store.ts";
import type { Recorder } from "../../topology/recorder.ts";
import { instantOf, parseTimeExpression, type TimeExpression } from "./time-expression.ts";

/** What the topology API reads from. */
export interface TopologyDeps {
  /** By cluster. */
  readonly recorders: ReadonlyMap<string, Recorder>;
  readonly store: TopologyStore;
  readonly clock: Clock;
}

/** The cluster a request is about, and the moments it names. */
export interface Asked {
  readonly recorder: Recorder;
  readonly cluster: string;
  readonly now: EpochMs;
  /** `at` undefined or `now`, or any moment that has not come yet, is the live state. */
  moment(text: string | undefined): Promise<Moment>;
}

export interface Moment {
  readonly at: EpochMs;
  readonly isLive: boolean;
}

/**
 * Errors: `topology.cluster_needed` (400), `topology.cluster_unknown` (404) and those of time-expression.ts.
 * `moments`: the request's time expressions; one like `main@r12` also says which cluster is meant.
 */
export function askedOf(
  deps: TopologyDeps,
  cluster: string | undefined,
  moments: readonly (string | undefined)[] = [],
): Asked {
  const now = deps.clock.now();
  const expressions = new Map<string, TimeExpression>();
  for (const text of moments) if (text !== undefined) expressions.set(text, parseTimeExpression(text, now));
  const named = [...expressions.values()].flatMap((it) => (it.kind === "revision" ? [it.cluster] : []));
  const recorder = recorderOf(deps, [...(cluster === undefined ? [] : [cluster]), ...named]);
  return {
    recorder,
    cluster: recorder.cluster,
    now,
    moment: async (text) => {
      const expression = expressions.get(text ?? "now") ?? parseTimeExpression(text ?? "now", now);
      const at = await instantOf(expression, { cluster: recorder.cluster, now, store: deps.store });
      return { at, isLive: expression.kind === "now" || at > now };
    },
  };
}

/** Percent-encoded text of a query parameter. Errors: `topology.id_invalid` (400). */
export function elementIdIn(text: string): ElementId;
export function elementIdIn(text: string | undefined): ElementId | undefined;
export function elementIdIn(text: string | undefined): ElementId | undefined {
  if (text === undefined) return undefined;
  const id = parseElementId(text);
  if (id === undefined) {
    throw new OperatorError({
      code: "topology.id_invalid",
      message: `${JSON.stringify(text.slice(0, 200))} is not the id of an element`,
      hint: "an id looks like host/c-1/if/eth0; GET /api/v1/topology lists them",
      status: 400,
    });
  }
  return id;
}

/** Errors: `time.span_empty` (400). */
export function spanOf(from: EpochMs, to: EpochMs): { readonly from: EpochMs; readonly to: EpochMs } {
  if (to > from) return { from, to };
  throw new OperatorError({
    code: "time.span_empty",
    message: "`to` is not after `from`",
    hint: "give `from` as the earlier of the two",
    status: 400,
  });
}

export const BEGINNING = epochMsOf(0);

function recorderOf(deps: TopologyDeps, named: readonly string[]): Recorder {
  const [first, ...others] = new Set(named);
  const known = [...deps.recorders.keys()];
  if (others.length > 0) {
    throw new OperatorError({
      code: "topology.one_cluster_only",
      message: `the request names several clusters: ${[first, ...others].join(", ")}`,
      hint: "ask about one cluster at a time",
      status: 400,
    });
  }
  const [onlyOne, second] = deps.recorders.values();
  if (first === undefined && onlyOne !== undefined && second === undefined) return onlyOne;
  if (first === undefined) {
    throw new OperatorError({
      code: "topology.cluster_needed",
      message: `there are ${known.length} clusters`,
      hint: `say which one with \`cluster\`: ${known.join(", ")}`,
      status: 400,
    });
  }
  const recorder = deps.recorders.get(first);
  if (recorder !== undefined) return recorder;
  throw new OperatorError({
    code: "topology.cluster_unknown",
    message: `there is no cluster ${JSON.stringify(first.slice(0, 200))}`,
    hint: `the clusters are: ${known.join(", ")}`,
    status: 404,
  });
}
