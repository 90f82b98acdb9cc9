import { Courier, type CourierDeps, type CourierStatus } from "./courier.ts";
import { givenUp } from "./plan.ts";
import type { Receiver } from "./receiver.ts";

export interface Outbox {
  status(): readonly CourierStatus[];
  /** Resolves when nothing is under way any more; what waits stays in the ledger for the next start. */
  stop(): Promise<void>;
}

/**
 * Delivers what waits in the ledger, at least once and per receiver in order. Receivers do not wait for each other.
 * Messages for a receiver that is no longer configured are given up, visibly.
 */
export function startOutbox(receivers: readonly Receiver[], deps: CourierDeps): Outbox {
  const { ledger, log } = deps;
  const names = new Set(receivers.map(({ name }) => name));
  for (const receiver of ledger.receiversWithWaiting().filter((name) => !names.has(name))) {
    const orphans = givenUp(ledger.waitingFor(receiver), "this receiver is no longer configured");
    ledger.commit({ deliveries: orphans.map((delivery) => [delivery.sequence, delivery]) });
    log.warn({ receiver, messages: orphans.length }, "messages for an unknown receiver given up");
  }
  const couriers = receivers.map((receiver) => new Courier(receiver, deps));
  const kickAll = () => {
    for (const courier of couriers) courier.kick();
  };
  const unsubscribe = ledger.onCommit(kickAll);
  kickAll();
  return {
    status: () => couriers.map(({ status }) => status),
    stop: async () => {
      unsubscribe();
      await Promise.all(couriers.map((courier) => courier.stop()));
    },
  };
}
