import type { FastifyReply } from "fastify";
import type { Clock, EpochMs } from "../../../core/clock.ts";
import { epochMsOf } from "../../../core/clock.ts";
import { OperatorError } from "../../../core/errors.ts";
import type { Series } from "../../../core/series.ts";
import { evaluateInstant, evaluateRange, type RangeOfQuery } from "../../../promql/evaluate.ts";
import type { InstantSample } from "../../../promql/results.ts";
import type { SeriesSource } from "../../../promql/source.ts";
import { inTurn, type Runner } from "../prometheus-run.ts";
import { createQuerySlots } from "../query-slots.ts";
import { parseTimeExpression } from "../time-expression.ts";
import { ForecastMemory } from "./forecast-memory.ts";

export interface CapacityDeps {
  readonly source: SeriesSource;
  readonly clock: Clock;
  /** As the topology has it now. */
  projectName(cluster: string, id: string): string | undefined;
}

/** Asks the metric store for one request. */
export interface Asking {
  instant(query: string, at: EpochMs): Promise<readonly InstantSample[]>;
  range(query: string, range: RangeOfQuery): Promise<readonly Series[]>;
  /** Whether all stores have answered all there was to answer so far. */
  isWhole(): boolean;
  readonly forecasts: ForecastMemory;
}

export interface Desk {
  /** Runs a request in its turn; its questions end when its client goes, or its time is up. Errors: those of `inTurn`. */
  serve<T>(reply: FastifyReply, answer: (asking: Asking) => Promise<T>): Promise<T>;
}

/** A request here asks for weeks of many series: few at a time. */
const RUNNING = 2;
const WAITING = 32;
const TIMEOUT_MS = 30_000;
/** What is older than that is not told. */
const LOOKBACK_MS = 24 * 3_600_000;
const NO_PARAMETERS = new URLSearchParams();

export function createDesk({ source }: Pick<CapacityDeps, "source">): Desk {
  const slots = createQuerySlots({ running: RUNNING, waiting: WAITING, language: "capacity" });
  const forecasts = new ForecastMemory();
  const runner: Runner = { slots, queryTimeoutMs: TIMEOUT_MS };
  return {
    serve: (reply, answer) =>
      inTurn(runner, { reply, parameters: NO_PARAMETERS }, (signal) => {
        // What a long store does not answer is missing from the history; the figures of now are in the head.
        let isWhole = true;
        const warn = () => {
          isWhole = false;
        };
        const context = { source, signal, lookbackMs: LOOKBACK_MS, warn };
        return answer({
          forecasts,
          isWhole: () => isWhole,
          instant: async (query, at) => {
            const result = await evaluateInstant(query, at, context);
            return result.kind === "vector" ? result.samples : [];
          },
          range: async (query, range) => (await evaluateRange(query, range, context)).series,
        });
      }),
  };
}

/** An instant of a request; one that is yet to come is now. Errors: `time.unknown_form`, `time.out_of_range` (400). */
export function momentOf(text: string | undefined, now: EpochMs): EpochMs {
  const expression = parseTimeExpression(text ?? "now", now);
  switch (expression.kind) {
    case "now":
      return now;
    case "instant":
      return epochMsOf(Math.min(expression.at, now));
    default:
      throw new OperatorError({
        code: "time.unknown_form",
        message: "metrics have neither revisions nor snapshots",
        hint: "write RFC 3339 (2026-01-31T02:41:00Z), epoch seconds or milliseconds, now, or now-15m",
        status: 400,
      });
  }
}
