import type { Clock, EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { newTrace, randomBytes, type TraceContext } from "../../core/trace.ts";
import type { AlertTracing } from "../alert-tracing.ts";
import type { Ledger } from "../ledger.ts";
import type { Timers } from "../timers.ts";
import type { Delivery } from "./delivery.ts";
import { notifySpan } from "./notify-span.ts";
import { earliestSendMs, withSend } from "./pace.ts";
import { afterAttempt, givenUp, planNext } from "./plan.ts";
import type { Notice, Receiver, SendOutcome } from "./receiver.ts";

export interface CourierDeps {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly timers: Timers;
  /** In [0, 1). */
  readonly random: () => number;
  readonly log: Log;
  readonly tracing: AlertTracing;
}

export interface CourierStatus {
  readonly receiver: string;
  readonly state: "ok" | "degraded";
  readonly waiting: number;
  readonly lastError: string | undefined;
  readonly hint: string | undefined;
  readonly lastSentAt: EpochMs | undefined;
}

interface Carried {
  readonly deliveries: readonly Delivery[];
  readonly notices: readonly Notice[];
  readonly trace: TraceContext;
  readonly parent: TraceContext | undefined;
}

/** How soon a result that could not be recorded is recorded again. The message itself is not sent again for it. */
const COMMIT_RETRY_MS = 2_000;

/** Carries the waiting messages of one receiver, one at a time and in order. */
export class Courier {
  readonly #receiver: Receiver;
  readonly #deps: CourierDeps;
  readonly #stop = new AbortController();
  #cancelTimer: () => void = () => {};
  #running: Promise<void> | undefined;
  #sendsEndedMs: readonly number[] = [];
  #failure: { readonly reason: string; readonly hint: string | undefined } | undefined;
  #lastSentAt: EpochMs | undefined;

  constructor(receiver: Receiver, deps: CourierDeps) {
    this.#receiver = receiver;
    this.#deps = deps;
  }

  get status(): CourierStatus {
    return {
      receiver: this.#receiver.name,
      state: this.#failure === undefined ? "ok" : "degraded",
      waiting: this.#deps.ledger.waitingCount(this.#receiver.name),
      lastError: this.#failure?.reason,
      hint: this.#failure?.hint,
      lastSentAt: this.#lastSentAt,
    };
  }

  /** Looks whether something is to be done, now or later. Cheap; called after every commit. */
  kick(): void {
    if (this.#running !== undefined || this.#stop.signal.aborted) return;
    this.#cancelTimer();
    const { clock, ledger } = this.#deps;
    const plan = planNext(ledger.waitingFor(this.#receiver.name), clock.now());
    switch (plan.kind) {
      case "idle":
        break;
      case "wait":
        this.#wakeAfter(plan.forMs);
        break;
      case "give_up":
        this.#deps.log.error({ receiver: this.#receiver.name, messages: plan.deliveries.length }, "messages given up");
        this.#run(() => this.#record(givenUp(plan.deliveries)));
        break;
      case "send":
        this.#sendWhenAllowed(plan.deliveries);
        break;
    }
  }

  #sendWhenAllowed(deliveries: readonly Delivery[]): void {
    const paceMs = earliestSendMs(this.#sendsEndedMs, this.#receiver.limits) - this.#deps.clock.monotonicMs();
    if (paceMs > 0) this.#wakeAfter(paceMs);
    else this.#run(() => this.#send(deliveries));
  }

  /** Resolves when nothing runs any more. A request under way is broken off; its message stays in the outbox. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("stopped"));
    this.#cancelTimer();
    await this.#running;
  }

  #wakeAfter(ms: number): void {
    this.#cancelTimer = this.#deps.timers.after(Math.ceil(ms), () => this.kick());
  }

  /** The task starts only when it is known to run: its commits call `kick` again. */
  #run(task: () => Promise<void>): void {
    this.#running = Promise.resolve()
      .then(task)
      .then(() => {
        this.#running = undefined;
        this.kick();
      });
  }

  async #send(deliveries: readonly Delivery[]): Promise<void> {
    const notices = deliveries.map((delivery) => this.#noticeOf(delivery)).filter((notice) => notice !== undefined);
    if (notices.length === 0) return this.#record(givenUp(deliveries, "its incident is gone"));
    // A message about one incident belongs to its trace; one about many is a trace of its own that names theirs.
    const parent = notices.length === 1 ? notices[0]?.incident.trace : undefined;
    const trace = newTrace(randomBytes, parent);
    await this.#deps.tracing.traces.run(trace, () => this.#carry({ deliveries, notices, trace, parent }));
  }

  async #carry({ deliveries, notices, trace, parent }: Carried): Promise<void> {
    const { clock, random, tracing } = this.#deps;
    const [startedAt, startedMs] = [clock.now(), clock.monotonicMs()];
    const outcome = await this.#receiver.send(notices, this.#stop.signal, trace);
    tracing.recordSpan(
      notifySpan({ trace, parent, startedAt, durationMs: clock.monotonicMs() - startedMs }, this.#receiver.name, {
        notices,
        outcome,
      }),
    );
    this.#sendsEndedMs = withSend(this.#sendsEndedMs, clock.monotonicMs(), this.#receiver.limits);
    if (outcome.kind !== "sent" && this.#stop.signal.aborted) return;
    this.#note(outcome, deliveries.length);
    await this.#record(afterAttempt(deliveries, outcome, { now: clock.now(), random: random() }));
  }

  #noticeOf({ incidentId, event }: Delivery): Notice | undefined {
    const incident = this.#deps.ledger.incidents.get(incidentId);
    return incident && { event, incident };
  }

  #note(outcome: SendOutcome, messages: number): void {
    const receiver = this.#receiver.name;
    if (outcome.kind === "sent") {
      if (this.#failure !== undefined) this.#deps.log.info({ receiver }, "receiver takes messages again");
      this.#deps.log.info({ receiver, messages }, "message sent");
      this.#failure = undefined;
      this.#lastSentAt = this.#deps.clock.now();
      return;
    }
    this.#failure = { reason: outcome.reason, hint: outcome.hint };
    this.#deps.log.warn({ receiver, messages, outcome: outcome.kind, detail: outcome.reason }, "message not taken");
  }

  /** Ends only when the result is durable, or at the end of life. */
  async #record(deliveries: readonly Delivery[]): Promise<void> {
    const { ledger, log, timers } = this.#deps;
    for (;;) {
      try {
        return ledger.commit({ deliveries: deliveries.map((delivery) => [delivery.sequence, delivery]) });
      } catch (error) {
        if (!(error instanceof OperatorError)) throw error;
        this.#failure = { reason: error.message, hint: error.hint };
        log.error({ receiver: this.#receiver.name, code: error.code, detail: error.message }, "result not recorded");
      }
      if (this.#stop.signal.aborted) return;
      await new Promise<void>((resolve) => {
        const { signal } = this.#stop;
        const stopped = () => resolve(cancel());
        const cancel = timers.after(COMMIT_RETRY_MS, () => {
          signal.removeEventListener("abort", stopped);
          resolve();
        });
        signal.addEventListener("abort", stopped, { once: true });
      });
    }
  }
}
