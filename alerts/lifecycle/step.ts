import { type EpochMs, epochMsOf } from "../../core/clock.ts";

/** How long a condition must hold before it fires, and how long an alert goes on after it no longer holds. */
export interface HoldTimes {
  readonly forMs: number;
  readonly keepFiringForMs: number;
}

export type AlertState =
  | { readonly kind: "inactive" }
  | { readonly kind: "pending"; readonly since: EpochMs }
  | {
      readonly kind: "firing";
      /** When the condition began to hold. */
      readonly since: EpochMs;
      readonly firedAt: EpochMs;
      /** Since when it no longer holds, while `keep_firing_for` keeps it. */
      readonly clearSince: EpochMs | undefined;
    };

/** What one evaluation saw of one alert. `no_data` says nothing either way: the alert stays as it is. */
export type Observation = "breaches" | "clear" | "no_data";

export type AlertEvent =
  | { readonly kind: "fired"; readonly at: EpochMs }
  | { readonly kind: "resolved"; readonly at: EpochMs };

export type Step = readonly [AlertState, AlertEvent?];

export const INACTIVE: AlertState = { kind: "inactive" };

/**
 * The alert state machine. Laws: fired and resolved strictly alternate, beginning with fired; nothing fires before it
 * has breached for `forMs`. Differs from Prometheus (rules/alerting.go) only in `no_data`, which Prometheus lacks.
 * A clock that was set back never makes anything wait longer than its full time from now.
 */
export function step(hold: HoldTimes, state: AlertState, seen: Observation, now: EpochMs): Step {
  switch (state.kind) {
    case "inactive":
      return seen === "breaches" ? step(hold, { kind: "pending", since: now }, seen, now) : [state];
    case "pending":
      return stepPending(hold, state, seen, now);
    case "firing":
      return stepFiring(hold, state, seen, now);
  }
}

/** The alert's rule is gone: nothing stays active. */
export function withdraw(state: AlertState, now: EpochMs): Step {
  return state.kind === "firing" ? [INACTIVE, resolvedAt(state, now)] : [INACTIVE];
}

function stepPending(
  hold: HoldTimes,
  state: Extract<AlertState, { kind: "pending" }>,
  seen: Observation,
  now: EpochMs,
): Step {
  if (seen === "clear") return [INACTIVE];
  const since = earlier(state.since, now);
  const isDue = seen === "breaches" && now - since >= hold.forMs;
  if (!isDue) return [{ kind: "pending", since }];
  return [
    { kind: "firing", since, firedAt: now, clearSince: undefined },
    { kind: "fired", at: now },
  ];
}

function stepFiring(
  hold: HoldTimes,
  state: Extract<AlertState, { kind: "firing" }>,
  seen: Observation,
  now: EpochMs,
): Step {
  if (seen === "no_data") return [state];
  if (seen === "breaches") return [{ ...state, clearSince: undefined }];
  const clearSince = earlier(state.clearSince ?? now, now);
  if (now - clearSince < hold.keepFiringForMs) return [{ ...state, clearSince }];
  return [INACTIVE, resolvedAt(state, now)];
}

/** Never before it fired, whatever the clock did in between. */
function resolvedAt(state: Extract<AlertState, { kind: "firing" }>, now: EpochMs): AlertEvent {
  return { kind: "resolved", at: epochMsOf(Math.max(now, state.firedAt)) };
}

function earlier(a: EpochMs, b: EpochMs): EpochMs {
  return a < b ? a : b;
}
