import { type EpochMs, epochMsOf } from "../../core/clock.ts";
import { type Delivery, OUTBOX_LIMITS } from "./delivery.ts";
import { retryDelayMs } from "./pace.ts";
import type { SendOutcome } from "./receiver.ts";

export type Plan =
  | { readonly kind: "idle" }
  | { readonly kind: "wait"; readonly forMs: number }
  | { readonly kind: "give_up"; readonly deliveries: readonly Delivery[] }
  | { readonly kind: "send"; readonly deliveries: readonly Delivery[] };

/**
 * What to do next for one receiver. The oldest message goes first, and nothing overtakes it. One that was tried and
 * is older than the limit is given up. With many waiting, the oldest of them go together.
 */
export function planNext(waiting: readonly Delivery[], now: EpochMs): Plan {
  const head = waiting[0];
  if (head === undefined) return { kind: "idle" };
  const old = waiting.filter(({ attempts, at }) => attempts > 0 && now - at > OUTBOX_LIMITS.giveUpAfterMs);
  if (old.length > 0) return { kind: "give_up", deliveries: old };
  if (head.notBefore > now) return { kind: "wait", forMs: waitMs(head, now) };
  const isMany = waiting.length > OUTBOX_LIMITS.summaryAbove;
  return { kind: "send", deliveries: isMany ? waiting.slice(0, OUTBOX_LIMITS.summaryMost) : [head] };
}

/** A clock that was set back must not stretch the wait. */
const LONGEST_WAIT_MS = 3_600_000;

function waitMs(head: Delivery, now: EpochMs): number {
  return Math.min(head.notBefore - now, LONGEST_WAIT_MS);
}

/** What an attempt made of the messages it carried. */
export function afterAttempt(
  deliveries: readonly Delivery[],
  outcome: SendOutcome,
  { now, random }: { readonly now: EpochMs; readonly random: number },
): readonly Delivery[] {
  return deliveries.map((delivery) => {
    const attempts = delivery.attempts + 1;
    if (outcome.kind === "sent") return { ...delivery, attempts, state: "sent", sentAt: now, lastError: undefined };
    const lastError = outcome.reason;
    const isHopeless = outcome.kind === "rejected" && attempts >= OUTBOX_LIMITS.rejectedAttempts;
    if (isHopeless) return { ...delivery, attempts, state: "given_up", lastError };
    const askedMs = outcome.kind === "retry" ? outcome.afterMs : undefined;
    const notBefore = epochMsOf(Math.ceil(now + retryDelayMs(attempts, random, askedMs)));
    return { ...delivery, attempts, notBefore, lastError };
  });
}

export function givenUp(deliveries: readonly Delivery[], reason?: string): readonly Delivery[] {
  return deliveries.map((delivery) => ({
    ...delivery,
    state: "given_up",
    lastError: reason ?? delivery.lastError ?? "waited too long",
  }));
}
