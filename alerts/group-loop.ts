import type { EpochMs } from "../core/clock.ts";
import { OperatorError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { newTrace, randomBytes } from "../core/trace.ts";
import type { AlertTracing } from "./alert-tracing.ts";
import { decide, type Evaluator, type Observed, observe } from "./evaluate.ts";
import { latestOf, ledgerChangeOf } from "./record-changes.ts";
import type { RuleGroup } from "./rules/rule.ts";
import { nextSlot, type Schedule, scheduleOf, slotToRun } from "./schedule.ts";
import { tellEvents } from "./tell-events.ts";

export interface RuleHealth {
  readonly health: "unknown" | "ok" | "err";
  readonly lastError: string | undefined;
  readonly lastEvaluationAt: EpochMs | undefined;
  readonly evaluationMs: number;
}

const NOT_EVALUATED: RuleHealth = {
  health: "unknown",
  lastError: undefined,
  lastEvaluationAt: undefined,
  evaluationMs: 0,
};

export interface GroupDeps extends Evaluator {
  readonly receivers: readonly string[];
  readonly defaultIntervalMs: number;
  readonly log: Log;
  readonly tracing: AlertTracing;
}

/** An evaluation may take as long as its interval, but not longer than this. */
const LONGEST_EVALUATION_MS = 30_000;

/** Evaluates one group on its slots, one evaluation at a time; slots that pass meanwhile are skipped and counted. */
export class GroupLoop {
  readonly group: RuleGroup;
  readonly intervalMs: number;
  readonly #deps: GroupDeps;
  readonly #schedule: Schedule;
  readonly #stop = new AbortController();
  readonly #health = new Map<string, RuleHealth>();
  #cancelTimer: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  #lastSlot: EpochMs | undefined;
  #missedSlots = 0;
  #commitError: string | undefined;

  constructor(group: RuleGroup, deps: GroupDeps) {
    this.group = group;
    this.intervalMs = group.intervalMs ?? deps.defaultIntervalMs;
    this.#deps = deps;
    this.#schedule = scheduleOf(group.name, this.intervalMs);
  }

  get status() {
    return { lastSlot: this.#lastSlot, missedSlots: this.#missedSlots, commitError: this.#commitError };
  }

  healthOf(ruleId: string): RuleHealth {
    return this.#health.get(ruleId) ?? NOT_EVALUATED;
  }

  /** `before`: the loop this one takes over from, whose findings stay until the first evaluation. */
  start(before: GroupLoop | undefined): void {
    for (const { id } of this.group.rules) this.#health.set(id, before?.healthOf(id) ?? NOT_EVALUATED);
    this.#plan();
  }

  /** Resolves when nothing runs any more; an evaluation under way changes nothing from now on. */
  async stop(): Promise<void> {
    this.#stop.abort(new Error("stopped"));
    this.#cancelTimer();
    await this.#running;
  }

  #plan(): void {
    if (this.#stop.signal.aborted) return;
    const now = this.#deps.clock.now();
    const planned = nextSlot(this.#schedule, now);
    this.#cancelTimer = this.#deps.timers.after(planned - now, () => {
      const slot = slotToRun(this.#schedule, planned, this.#deps.clock.now());
      this.#countMissed(slot);
      this.#running = this.evaluate(slot).then(() => this.#plan());
    });
  }

  #countMissed(slot: EpochMs): void {
    if (this.#lastSlot === undefined) return;
    this.#missedSlots += Math.max(0, Math.round((slot - this.#lastSlot) / this.intervalMs) - 1);
  }

  /** A round is a trace of its own; what it finds goes on with the trace of the samples. */
  evaluate(slot: EpochMs): Promise<void> {
    return this.#deps.tracing.traces.run(newTrace(randomBytes), () => this.#evaluate(slot));
  }

  async #evaluate(slot: EpochMs): Promise<void> {
    const deadlineMs = this.#deps.clock.monotonicMs() + Math.min(this.intervalMs, LONGEST_EVALUATION_MS);
    const observations: Observed[] = [];
    for (const rule of this.group.rules) {
      const round = { group: this.group, slot, deadlineMs, signal: this.#stop.signal };
      observations.push(await observe(rule, round, this.#deps));
      if (this.#stop.signal.aborted) return;
    }
    this.#lastSlot = slot;
    this.#noteHealth(observations, slot);
    this.#commit(observations, slot);
  }

  #commit(observations: readonly Observed[], slot: EpochMs): void {
    const { writes } = this.#deps.tracing;
    const changes = decide(observations, slot, { ...this.#deps, writes });
    try {
      const latest = latestOf(changes, this.#deps.ledger);
      this.#deps.ledger.commit(ledgerChangeOf(changes, this.#deps.ledger, this.#deps));
      this.#deps.ledger.update(latest);
      this.#commitError = undefined;
    } catch (error) {
      // Nothing changed, neither on disk nor in memory: the next slot decides again.
      if (!(error instanceof OperatorError)) throw error;
      this.#commitError = `${error.message}; ${error.hint}`;
      this.#deps.log.error({ group: this.group.name, code: error.code, detail: error.message }, "alerts not recorded");
      return;
    }
    tellEvents(changes, this.#deps);
  }

  #noteHealth(observations: readonly Observed[], slot: EpochMs): void {
    for (const observed of observations) {
      const lastError = observed.kind === "failed" ? observed.problem : undefined;
      const before = this.healthOf(observed.rule.id);
      if (lastError !== undefined && lastError !== before.lastError) {
        this.#deps.log.warn({ group: this.group.name, rule: observed.rule.name, detail: lastError }, "rule failed");
      }
      this.#health.set(observed.rule.id, {
        health: lastError === undefined ? "ok" : "err",
        lastError,
        lastEvaluationAt: slot,
        evaluationMs: observed.tookMs,
      });
    }
  }
}
