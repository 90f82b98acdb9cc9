import type { Clock, EpochMs } from "../../core/clock.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Span } from "../../core/span.ts";
import { newTrace, randomBytes, type TraceContext } from "../../core/trace.ts";
import { waitUnlessOver } from "../../core/wait.ts";
import { type RoundTracing, roundSpan } from "../pull/round-tracing.ts";
import { ApiError } from "./api/api-error.ts";
import type { ServiceApi } from "./api/service-api.ts";
import type { ServiceHealth, SyncProblem } from "./health.ts";
import { type LookKind, PendingHints } from "./pending-hints.ts";
import type { Missing, Round, ServiceSync } from "./round.ts";
import { type Beat, type Done, NOTHING_DONE, nextStep } from "./schedule.ts";

export interface ServiceLoopOptions {
  readonly cluster: string;
  readonly api: Pick<ServiceApi, "service" | "region" | "isThere">;
  readonly sync: ServiceSync;
  readonly beat: Beat;
  readonly roundMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly tracing: RoundTracing;
  /** From 0 to 1, another each time. */
  random(): number;
}

/** Goes round one service of one region, on its own: what hangs or fails here holds up nobody else. */
export class ServiceLoop {
  readonly #options: ServiceLoopOptions;
  #done: Done = NOTHING_DONE;
  #health: ServiceHealth;
  #generation = 0;
  #wake: AbortController | undefined;
  #newestRound: Span | undefined;
  /** Trace id of a round. */
  #failingSince: string | undefined;
  #hints = new PendingHints();
  readonly #firstDone = Promise.withResolvers<void>();

  constructor(options: ServiceLoopOptions) {
    this.#options = options;
    const { service, region } = options.api;
    this.#health = {
      ...{ service, region, state: "starting", trueAt: undefined, fullAt: undefined, fullSeconds: undefined },
      ...{ rounds: 0, failures: 0, objects: 0, problem: undefined, missing: [] },
    };
  }

  get health(): ServiceHealth {
    return this.#health;
  }

  /** The newest round that is over, as the tracing stream tells it. */
  get newestRound(): Span | undefined {
    return this.#newestRound;
  }

  /** Resolves when the first round is over, well or not. */
  get firstDone(): Promise<void> {
    return this.#firstDone.promise;
  }

  /** Something of this kind may be another now: it is looked at soon. Undefined id: not said which. */
  hint(kind: LookKind, id: string | undefined): void {
    const { sync, clock } = this.#options;
    if (this.#health.state === "absent") return;
    const later = sync.look === undefined ? EVERYTHING : { kind, id };
    this.#hints.add(later, clock.monotonicMs());
    // Of a service that fails its pause stays.
    if (this.#done.failures === 0) this.#wake?.abort();
  }

  /** Asks for changes soon, as when some of them may not have been heard of. */
  hurry(): void {
    this.hint(EVERYTHING.kind, EVERYTHING.id);
  }

  /** Until the signal ends it. */
  async run(signal: AbortSignal): Promise<void> {
    const { beat, random, sync } = this.#options;
    while (!signal.aborted) {
      const wishes = { roundAtMs: this.#hints.dueMs("everything"), lookAtMs: this.#hints.dueMs("others") };
      const next = nextStep(this.#done, beat, wishes, random());
      // Woken by a hint: what is next is worked out anew.
      if (!(await this.#waitUntil(next.atMs, signal))) continue;
      if (next.kind === "look") await this.#lookAlone(signal);
      else {
        const isAnew = this.#generation !== (sync.generation?.() ?? 0);
        await this.#traced(next.kind === "full" || isAnew || sync.poll === undefined ? "full" : "poll", signal);
        this.#firstDone.resolve();
      }
      // Whatever is due at once again and again: all others of the process come to their turn in between.
      await waitUnlessOver(LEAST_PAUSE_MS, signal);
    }
    this.#firstDone.resolve();
  }

  /** Whether the time has come. */
  async #waitUntil(atMs: number, signal: AbortSignal): Promise<boolean> {
    const leftMs = atMs - this.#options.clock.monotonicMs();
    if (leftMs <= 0) return true;
    const wake = new AbortController();
    const end = () => wake.abort();
    this.#wake = wake;
    signal.addEventListener("abort", end, { once: true });
    await waitUnlessOver(leftMs, wake.signal);
    signal.removeEventListener("abort", end);
    this.#wake = undefined;
    return !wake.signal.aborted;
  }

  /** Each round is a trace, which what is logged within it names. Told at once is one that went otherwise than the one before. */
  async #traced(kind: "full" | "poll", stopped: AbortSignal): Promise<void> {
    const { api, clock, cluster, tracing } = this.#options;
    const trace: TraceContext = newTrace(randomBytes);
    const [startedAt, startMs, before] = [clock.now(), clock.monotonicMs(), this.#health];
    await tracing.traces.run(trace, () => this.#round(kind, stopped));
    const { rounds, problem, objects } = this.#health;
    if (rounds === before.rounds) return;
    const { service, region } = api;
    const attributes = { cluster, region, service, ...(kind === "full" ? { objects } : {}) };
    const [durationMs, reason] = [clock.monotonicMs() - startMs, problem?.reason];
    this.#failingSince = reason === undefined ? undefined : (this.#failingSince ?? trace.traceId);
    const ended = { trace, name: `openstack ${kind}`, startedAt, durationMs, reason, attributes };
    const span = roundSpan({ ...ended, failingSince: this.#failingSince });
    this.#newestRound = span;
    if (before.problem?.reason === reason) return;
    tracing.recordSpan({ ...span, attributes: { ...span.attributes, kept_because: "changed" } });
  }

  async #round(kind: "full" | "poll", stopped: AbortSignal): Promise<void> {
    const { api, sync, clock } = this.#options;
    const [startMs, startAt] = [clock.monotonicMs(), clock.now()];
    const generation = sync.generation?.() ?? 0;
    const missing: Missing[] = [];
    let objects = 0;
    const mayLook = this.#done.fullAtMs !== undefined;
    await this.#within(stopped, startMs, async (signal) => {
      const round: Round = {
        ...{ signal, clock, missing: (it) => missing.push(it) },
        count: (count) => {
          objects += count;
        },
        between: () => (mayLook ? this.#look(signal) : Promise.resolve()),
      };
      if (!(await api.isThere())) return this.#absent(startMs);
      this.#hints.takeEverything();
      await (kind === "poll" && sync.poll !== undefined ? sync.poll(round) : sync.full(round));
      this.#hints.looked([EVERYTHING.kind], startMs, clock.monotonicMs());
      this.#generation = generation;
      this.#succeeded({ kind, startMs, startAt, objects, missing });
    });
  }

  async #lookAlone(stopped: AbortSignal): Promise<void> {
    const { clock, tracing } = this.#options;
    await tracing.traces.run(newTrace(randomBytes), () =>
      this.#within(stopped, clock.monotonicMs(), (signal) => this.#look(signal)),
    );
  }

  /** At what hints name and is due. What was to be seen by a look that fails waits again. */
  async #look(signal: AbortSignal): Promise<void> {
    const { sync, clock } = this.#options;
    const startMs = clock.monotonicMs();
    const hints = this.#hints.take(startMs);
    if (hints.size === 0 || sync.look === undefined) return;
    const nothing = () => {};
    try {
      const round = { signal, clock, missing: nothing, count: nothing, between: () => Promise.resolve() };
      const later = await sync.look(hints, round);
      for (const it of later) this.#hints.add(it, clock.monotonicMs());
    } catch (error) {
      this.#hints.giveBack(hints, startMs);
      throw error;
    } finally {
      this.#hints.looked(hints.keys(), startMs, clock.monotonicMs());
    }
  }

  /** Within the longest time of a round; what goes wrong is the service's failure. */
  async #within(stopped: AbortSignal, startMs: number, ask: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, this.#options.roundMs);
    stopped.addEventListener("abort", abort, { once: true });
    try {
      await ask(controller.signal);
    } catch (error) {
      // What was asked while we were told to stop says nothing of the service.
      if (!stopped.aborted) this.#failed(error, startMs);
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener("abort", abort);
    }
  }

  #absent(startMs: number): void {
    // Nobody would ever take them.
    this.#hints = new PendingHints();
    // The catalogue may have it one day.
    this.#done = { ...NOTHING_DONE, fullAtMs: startMs, lastAtMs: startMs };
    this.#health = {
      ...this.#health,
      state: "absent",
      problem: undefined,
      failures: 0,
      missing: this.#options.sync.absent?.() ?? [],
      rounds: this.#health.rounds + 1,
    };
  }

  #succeeded(round: {
    readonly kind: "full" | "poll";
    readonly startMs: number;
    readonly startAt: EpochMs;
    readonly objects: number;
    readonly missing: readonly Missing[];
  }): void {
    const { clock, log } = this.#options;
    const { kind, startMs, startAt, objects, missing } = round;
    const isFull = kind === "full";
    const endMs = clock.monotonicMs();
    this.#done = {
      fullAtMs: isFull ? startMs : this.#done.fullAtMs,
      lastAtMs: isFull ? endMs : startMs,
      failures: 0,
      retryAfterMs: undefined,
    };
    const before = this.#health;
    const fresh = missing.filter(({ what }) => !before.missing.some((it) => it.what === what));
    this.#health = {
      ...before,
      state: "ok",
      trueAt: startAt,
      ...(isFull ? { fullAt: startAt, fullSeconds: (endMs - startMs) / 1_000, objects } : {}),
      missing: isFull ? missing : [...before.missing, ...fresh],
      rounds: before.rounds + 1,
      failures: 0,
      problem: undefined,
    };
    const { service, region } = before;
    if (before.state === "failing") log.info({ service, region }, "openstack service is well again");
    for (const { what, reason, hint } of fresh) {
      log.warn({ service, region, what, reason, hint }, "openstack does not tell everything");
    }
  }

  #failed(error: unknown, startMs: number): void {
    const problem = problemOf(error);
    const before = this.#health;
    const failures = before.failures + 1;
    const retryAfterMs = error instanceof ApiError ? error.retryAfterMs : undefined;
    // A poll that failed after hours of rest must not be followed by an older beat.
    this.#done = {
      ...this.#done,
      lastAtMs: Math.max(startMs, this.#options.clock.monotonicMs()),
      failures,
      retryAfterMs,
    };
    this.#health = { ...before, state: "failing", rounds: before.rounds + 1, failures, problem };
    if (before.problem?.reason === problem.reason) return;
    const { service, region } = before;
    this.#options.log.warn({ service, region, reason: problem.reason, hint: problem.hint }, "openstack service fails");
  }
}

const LEAST_PAUSE_MS = 1;
const EVERYTHING = { kind: "everything", id: undefined } as const;

/** A bug ends the process, as everywhere. */
function problemOf(error: unknown): SyncProblem {
  if (error instanceof ApiError) return { kind: error.kind, reason: error.message, hint: error.hint };
  if (error instanceof OperatorError) return { kind: "other", reason: error.message, hint: error.hint };
  throw error;
}
