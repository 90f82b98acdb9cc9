import type { EpochMs } from "../../core/clock.ts";
import type { ElementId } from "../../core/element-id.ts";
import { CAUSE_KINDS, type CauseKind } from "./cause-kinds.ts";
import type { Sign, Symptom } from "./symptom.ts";

/** A consequence may be noticed this long before its cause is: sources differ in how often they look. */
export const NOTICED_BEFORE_MS = 120_000;
/** What is left of a cause that is over still breaks things: machines boot, sessions come back one by one. */
export const AFTERMATH_MS = 300_000;

/** What made others go wrong, with what it is recognised by. */
export interface Cause {
  readonly kind: CauseKind;
  readonly at: ElementId;
  readonly startedAt: EpochMs;
  /** Undefined while any of what it is recognised by goes on. */
  readonly endedAt: EpochMs | undefined;
  /** Ids of symptoms. */
  readonly evidence: readonly string[];
  /** What `at` is part of, itself included. */
  readonly within: readonly ElementId[];
  readonly needs: readonly ElementId[];
}

export const causeKey = ({ kind, at }: Pick<Cause, "kind" | "at">): string => `${kind.name} ${at}`;

/** How far upstream: the smaller the further. */
export const levelOf = (kind: CauseKind): number => CAUSE_KINDS.indexOf(kind);

/** What a symptom or a cause looks like to those further upstream. */
export interface Trouble {
  readonly sign: Sign;
  readonly startedAt: EpochMs;
  readonly within: readonly ElementId[];
  readonly needs: readonly ElementId[];
  /** Only causes further upstream than this explain it. */
  readonly below: number;
}

export function troubleOf(symptom: Symptom): Trouble {
  const stated = CAUSE_KINDS.findIndex(({ statedBy }) => statedBy.includes(symptom.sign));
  return { ...symptom, below: stated === -1 ? CAUSE_KINDS.length : stated };
}

/** A place that is down is to those above as its hosts are; what is stated is as what states it. */
export function troubleOfCause({ kind, startedAt, within, needs }: Cause): Trouble {
  return { sign: kind.statedBy[0] ?? "host_down", startedAt, within, needs, below: levelOf(kind) };
}

/** Whether a cause explains a trouble: it is further upstream, at the right place, of the right kind, and in time. */
export function explains(cause: Cause, trouble: Trouble): boolean {
  if (levelOf(cause.kind) >= trouble.below) return false;
  const { explainsWithin, explainsNeeds } = cause.kind;
  const isPart = explainsWithin.includes(trouble.sign) && trouble.within.includes(cause.at);
  const isNeeded = explainsNeeds.includes(trouble.sign) && trouble.needs.includes(cause.at);
  return (isPart || isNeeded) && isInTime(cause, trouble.startedAt);
}

function isInTime({ startedAt, endedAt }: Cause, at: EpochMs): boolean {
  return startedAt <= at + NOTICED_BEFORE_MS && (endedAt === undefined || at <= endedAt + AFTERMATH_MS);
}

/** Of two that explain the same, the one further upstream; else the one that began first. */
export function isBetter(a: Cause, b: Cause): boolean {
  if (a.kind !== b.kind) return levelOf(a.kind) < levelOf(b.kind);
  return a.startedAt !== b.startedAt ? a.startedAt < b.startedAt : a.at < b.at;
}
