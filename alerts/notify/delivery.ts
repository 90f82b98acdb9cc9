import type { EpochMs } from "../../core/clock.ts";

/** One message about one incident to one receiver. The outbox is made of these; sent ones are the notification log. */
export interface Delivery {
  /** Rises with every delivery: the order in which a receiver gets its messages. */
  readonly sequence: number;
  readonly incidentId: string;
  readonly receiver: string;
  readonly event: "fired" | "resolved";
  /** When it happened. */
  readonly at: EpochMs;
  readonly state: "waiting" | "sent" | "given_up";
  readonly attempts: number;
  /** Not to be tried before. */
  readonly notBefore: EpochMs;
  readonly lastError: string | undefined;
  readonly sentAt: EpochMs | undefined;
}

export const OUTBOX_LIMITS = {
  /** A message that nobody took for so long says nothing new any more. */
  giveUpAfterMs: 24 * 3_600_000,
  /** A message the receiver calls malformed is not tried more often: it must not hold up those behind it. */
  rejectedAttempts: 5,
  /** Messages waiting for one receiver; from then on a new `fired` is given up at once, which its incident shows. */
  waitingPerReceiver: 10_000,
  /** With more messages than this waiting, what waits goes out as one summary. */
  summaryAbove: 10,
  /** Messages in one summary. */
  summaryMost: 500,
} as const;

/** The messages an incident's event asks for. What was notified firing, or may have been, is notified resolved. */
export function deliveriesFor(
  event: { readonly kind: "fired" | "resolved"; readonly at: EpochMs; readonly incidentId: string },
  context: {
    readonly receivers: readonly string[];
    readonly ofIncident: readonly Delivery[];
    readonly nextSequence: number;
    waiting(receiver: string): number;
  },
): readonly Delivery[] {
  const { at, incidentId } = event;
  const base = { incidentId, at, notBefore: at, attempts: 0, lastError: undefined, sentAt: undefined };
  if (event.kind === "resolved") {
    const told = context.ofIncident.filter((delivery) => delivery.event === "fired" && wasQueued(delivery));
    return told.map(({ receiver }, i) => ({
      ...base,
      sequence: context.nextSequence + i,
      receiver,
      event: "resolved",
      state: "waiting",
    }));
  }
  return context.receivers.map((receiver, i) => {
    const isFull = context.waiting(receiver) >= OUTBOX_LIMITS.waitingPerReceiver;
    const delivery = { ...base, sequence: context.nextSequence + i, receiver, event: "fired" } as const;
    return isFull ? { ...delivery, state: "given_up", lastError: QUEUE_FULL } : { ...delivery, state: "waiting" };
  });
}

const QUEUE_FULL = "too many messages wait for this receiver";

/** One that was given up after attempts may have arrived all the same. */
function wasQueued(delivery: Delivery): boolean {
  return delivery.state !== "given_up" || delivery.attempts > 0;
}
