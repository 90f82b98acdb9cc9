import type { MeshPlan } from "../../core/mesh.ts";
import type { Cloud } from "../cloud/cloud.ts";
import { Day, type DayOptions } from "../day/day.ts";
import type { Utterance } from "../day/utterance.ts";
import type { Replay } from "../recording/replay.ts";
import { type Truth, truthsOf } from "../scenarios/scenario.ts";

/** Where utterances come from: a cloud that lives now, or the recording of one. */
export interface Source {
  readonly seed: number;
  readonly beganAt: number;
  /** What is said up to and including `untilMs` that was not given before; each group is to be heard as one. */
  until(untilMs: number): AsyncIterable<readonly Utterance[]> | Iterable<readonly Utterance[]>;
  /** The collector says whom a host is to probe, `atMs` after the cloud began. A recording goes on as it was. */
  followMesh(host: string, plan: MeshPlan, atMs: number): void;
  /** Nothing will come any more. */
  isOver(): boolean;
  /** Of the scenarios that have begun; `wallOf`: the collector's time of milliseconds since the cloud began. */
  truths(wallOf: (ms: number) => number): readonly Truth[];
}

/** `fromMs`: how old the cloud is already; what happened before is done, but not told. */
export function liveSource(cloud: Cloud, options: DayOptions, fromMs: number): Source {
  const day = new Day(cloud, options);
  day.skipTo(fromMs);
  let hasAppeared = false;
  return {
    seed: cloud.seed,
    beganAt: cloud.beganAt,
    *until(untilMs) {
      if (!hasAppeared) yield* day.appearances(fromMs);
      hasAppeared = true;
      yield* day.advance(untilMs);
    },
    followMesh: (host, plan, atMs) => day.followMesh(host, plan, atMs),
    isOver: () => false,
    truths: (wallOf) => day.begun.flatMap(({ name, beganMs, faults }) => truthsOf(name, { faults }, beganMs, wallOf)),
  };
}

export function replaySource({ head, utterances }: Replay): Source {
  const iterator = utterances[Symbol.asyncIterator]();
  let ahead: Utterance | undefined;
  let isOver = false;
  return {
    seed: head.seed,
    beganAt: head.began_at,
    async *until(untilMs) {
      for (;;) {
        if (ahead === undefined && !isOver) {
          const next = await iterator.next();
          if (next.done === true) isOver = true;
          else ahead = next.value;
        }
        if (ahead === undefined || ahead.atMs > untilMs) return;
        const group = [ahead];
        ahead = undefined;
        yield group;
      }
    },
    followMesh: () => {},
    isOver: () => isOver && ahead === undefined,
    truths: () => [],
  };
}
