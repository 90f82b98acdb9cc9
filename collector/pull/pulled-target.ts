import type { Clock, EpochMs } from "../../core/clock.ts";
import type { Log } from "../../core/log.ts";
import { newTrace, randomBytes, type TraceContext } from "../../core/trace.ts";
import type { Turns } from "../ingest/turns.ts";
import type { Asked } from "./asked.ts";
import { paceOf } from "./pace.ts";
import type { PullProblem } from "./problem.ts";
import type { PullCounts } from "./pull-counts.ts";
import { type PullWriter, RoundLines } from "./pull-writer.ts";
import { addReport, endReport } from "./report-lines.ts";
import { type EndedRound, type RoundTracing, roundSpan, writeSpan } from "./round-tracing.ts";
import { type Rounds, startRounds } from "./rounds.ts";
import type { LastRound, TargetStatus } from "./target-status.ts";

export interface PullDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly writer: PullWriter;
  readonly turns: Turns;
  readonly counts: PullCounts;
  readonly tracing: RoundTracing;
}

/** Something that is asked again and again for samples. */
export interface Pulled {
  /** Tells targets apart, and gives each its place in the interval. */
  readonly key: string;
  readonly about: Omit<TargetStatus, "health" | "last">;
  /** Adds what the target says at `at`; on a problem, the end of what it said before. */
  ask(at: EpochMs, lines: RoundLines, signal: AbortSignal): Promise<Asked>;
  /** It is no longer asked: adds the end of what it said. */
  end(at: EpochMs, lines: RoundLines): void;
}

export interface RunningTarget {
  status(): TargetStatus;
  /** `isGone`: it is asked no more while we go on, so its series end now. */
  stop(isGone: boolean): Promise<void>;
}

/** What a round told is durable. */
interface Written {
  readonly startedAt: EpochMs;
  readonly startMs: number;
  readonly lines: number;
  readonly host: string | undefined;
}

const ROUND_NAMES = { scrape: "scrape", snmp: "snmp walk" } as const;

/** Asks one target at its pace and writes what it says, until it is stopped. */
export function startTarget(pulled: Pulled, deps: PullDeps): RunningTarget {
  return new Running(pulled, deps);
}

class Running implements RunningTarget {
  readonly #pulled: Pulled;
  readonly #deps: PullDeps;
  readonly #rounds: Rounds;
  #health: TargetStatus["health"] = "unknown";
  #last: LastRound | undefined;
  /** Trace id of a round. */
  #failingSince: string | undefined;

  constructor(pulled: Pulled, deps: PullDeps) {
    this.#pulled = pulled;
    this.#deps = deps;
    const { clock, turns, counts } = deps;
    this.#rounds = startRounds({
      pace: paceOf(pulled.key, pulled.about.intervalMs),
      clock,
      turns,
      run: (signal) => this.#traced(signal),
      onMissed: (count) => {
        counts.missed += count;
      },
    });
  }

  status(): TargetStatus {
    return { ...this.#pulled.about, health: this.#health, last: this.#last };
  }

  async stop(isGone: boolean): Promise<void> {
    await this.#rounds.stop();
    this.#deps.tracing.newest.forget(this.#origin);
    // Nobody is told of the end of a process: whoever starts again goes on with the same series.
    if (!isGone || this.#last === undefined) return;
    const lines = new RoundLines();
    const at = this.#deps.clock.now();
    this.#pulled.end(at, lines);
    endReport(this.#pulled.about.labels, at, lines);
    await this.#deps.writer.write(lines);
  }

  get #origin() {
    const { cluster = "", job, instance } = this.#pulled.about.labels;
    return { cluster, job, instance };
  }

  /** Each round is a trace, which what is logged within it names. */
  #traced(stopped: AbortSignal): Promise<void> {
    const trace = newTrace(randomBytes);
    return this.#deps.tracing.traces.run(trace, () => this.#round(trace, stopped));
  }

  async #round(trace: TraceContext, stopped: AbortSignal): Promise<void> {
    const { clock, writer, counts } = this.#deps;
    const at = clock.now();
    const startMs = clock.monotonicMs();
    const lines = new RoundLines();
    const asked = await this.#askWithin(at, lines, stopped);
    // What was asked while we were told to stop says nothing of the target.
    if (stopped.aborted) return;
    const durationMs = clock.monotonicMs() - startMs;
    const isUp = asked.problem === undefined;
    addReport({ ...asked, isUp, durationMs }, this.#pulled.about.labels, at, lines);
    const written = { startedAt: clock.now(), startMs: clock.monotonicMs(), lines: lines.count };
    const lost = await writer.write(lines);
    const problem = asked.problem ?? lost;
    this.#log(isUp, problem);
    const round = { trace, startedAt: at, durationMs, reason: asked.problem?.reason };
    this.#trace(round, lost?.isLost === true ? undefined : { ...written, host: asked.host });
    this.#health = isUp ? "up" : "down";
    this.#last = { at, durationMs, samples: asked.samples, problem };
    counts.rounds++;
    if (isUp) counts.samples += asked.kept;
    else counts.failed++;
  }

  async #askWithin(at: EpochMs, lines: RoundLines, stopped: AbortSignal): Promise<Asked> {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, this.#pulled.about.timeoutMs);
    stopped.addEventListener("abort", abort, { once: true });
    try {
      return await this.#pulled.ask(at, lines, controller.signal);
    } finally {
      clearTimeout(timer);
      stopped.removeEventListener("abort", abort);
    }
  }

  /** Told at once is a round that went otherwise than the one before; any other when an alert goes back to it. */
  #trace(round: Omit<EndedRound, "name" | "attributes" | "failingSince">, written: Written | undefined): void {
    const { clock, tracing } = this.#deps;
    const { kind, job, instance, labels } = this.#pulled.about;
    const attributes = { cluster: labels.cluster, job, instance };
    const before = this.#failingSince;
    this.#failingSince = round.reason === undefined ? undefined : (before ?? round.trace.traceId);
    const asked = roundSpan({ ...round, failingSince: this.#failingSince, name: ROUND_NAMES[kind], attributes });
    if (before !== this.#failingSince) {
      tracing.recordSpan({ ...asked, attributes: { ...asked.attributes, kept_because: "changed" } });
    }
    if (written === undefined) return;
    const { startedAt, startMs, lines, host = labels.host } = written;
    const write = { startedAt, durationMs: clock.monotonicMs() - startMs, lines, attributes };
    tracing.newest.remember({ ...this.#origin, host }, [writeSpan(round.trace, write), asked]);
  }

  /** Once when it goes wrong and once when it is well again, not at each round. */
  #log(isUp: boolean, problem: PullProblem | undefined): void {
    const { job, instance } = this.#pulled.about;
    const before = this.#last?.problem;
    if (problem !== undefined && before?.reason !== problem.reason) {
      const event = isUp ? "not all of a target's samples were taken" : "target gives no samples";
      this.#deps.log.warn({ job, instance, reason: problem.reason, hint: problem.hint }, event);
    } else if (problem === undefined && before !== undefined)
      this.#deps.log.info({ job, instance }, "target is well again");
  }
}
