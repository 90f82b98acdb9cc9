import type { ElementId } from "../../core/element-id.ts";
import type { Cloud } from "../cloud/cloud.ts";
import type { Step } from "../day/step.ts";
import type { Random } from "../random.ts";

/** A fault, or a piece of work that looks like one, with a known right answer. */
export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /**
   * What happens, to whom, and what whoever looks at the cloud should find out. Pure: the same cloud and the same
   * chance give the same plan. Undefined when this cloud has nobody it could happen to.
   */
  plan(cloud: Cloud, random: Random): Plan | undefined;
}

export interface Plan {
  /** In any order; times count from the scenario's beginning. */
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly kind: string;
  /** Empty when the cause is on our own side. */
  readonly cause: readonly ElementId[];
  readonly cluster: string | undefined;
  readonly beginsAfterMs: number;
  /** Undefined: it lasts until somebody repairs it. */
  readonly endsAfterMs: number | undefined;
  /** What is affected and must not be taken for the cause. */
  readonly symptoms: readonly ElementId[];
}

/** A fault as it took place, on the collector's clock. */
export interface Truth {
  readonly scenario: string;
  readonly kind: string;
  readonly cause: readonly ElementId[];
  readonly cluster: string | null;
  readonly begins_at: number;
  readonly ends_at: number | null;
  readonly symptoms: readonly ElementId[];
}

/** `wallOf` turns milliseconds since the cloud began into the collector's time. */
export function truthsOf(
  name: string,
  { faults }: Pick<Plan, "faults">,
  beganMs: number,
  wallOf: (ms: number) => number,
): readonly Truth[] {
  return faults.map((fault) => ({
    scenario: name,
    kind: fault.kind,
    cause: fault.cause,
    cluster: fault.cluster ?? null,
    begins_at: Math.round(wallOf(beganMs + fault.beginsAfterMs)),
    ends_at: fault.endsAfterMs === undefined ? null : Math.round(wallOf(beganMs + fault.endsAfterMs)),
    symptoms: fault.symptoms,
  }));
}
