import { type EpochMs, epochMsOf } from "../../../core/clock.ts";
import { parseDuration } from "../../../core/duration.ts";
import { OperatorError } from "../../../core/errors.ts";
import { DAY_MS } from "../../../core/forecast/history.ts";
import type { Series } from "../../../core/series.ts";
import type { RangeOfQuery } from "../../../promql/evaluate.ts";
import type { CapacityHistoryResponse } from "../../api/capacity.ts";
import { spanOf } from "../topology-request.ts";
import { type Asking, type CapacityDeps, momentOf } from "./asking.ts";
import type { HistoryQuery } from "./capacity-routes.ts";
import { forecastJson, forecastsOf, historiesOf } from "./histories.ts";
import { amountsAt } from "./rows.ts";
import { keyOf, named } from "./things.ts";

const USUAL_SPAN_MS = 28 * DAY_MS;
const LONGEST_SPAN_MS = 800 * DAY_MS;
const MOST_STEPS = 1_000;
const USUAL_STEPS = 168;
const LEAST_STEP_MS = 60_000;

/** Errors, at once: `time.unknown_form`, `time.span_empty`, `capacity.step_invalid`, `capacity.span_too_long` (400). */
export function historyAnswer(
  { from: fromText, to: toText, step, limit, ...filter }: HistoryQuery,
  now: EpochMs,
  projectName: CapacityDeps["projectName"],
): (asking: Asking) => Promise<CapacityHistoryResponse> {
  const to = momentOf(toText, now);
  const from = fromText === undefined ? epochMsOf(Math.max(0, to - USUAL_SPAN_MS)) : momentOf(fromText, now);
  const range = stepped(spanOf(from, to), step);
  return async (asking) => {
    const { rows: shown, found } = await amountsAt(asking, { filter, at: to, most: limit });
    const things = shown.map(({ thing }) => thing);
    const histories = await historiesOf(asking, things, range);
    const forecasts = await forecastsOf(asking, shown, to);
    const times = timesOf(range);
    return {
      from,
      to,
      step_ms: range.stepMs,
      times,
      histories: things.map((thing) => {
        const { used, total } = histories.get(keyOf(thing)) ?? {};
        const said = forecasts.get(keyOf(thing))?.forecast ?? { kind: "unknown", reason: "too_little_history" };
        return {
          thing: named(thing, projectName),
          used: onTimes(used, times),
          total: onTimes(total, times),
          forecast: forecastJson(said, true),
        };
      }),
      found,
    };
  };
}

/** The last step ends at `to`. */
function stepped(
  { from, to }: { readonly from: EpochMs; readonly to: EpochMs },
  text: string | undefined,
): RangeOfQuery {
  if (to - from > LONGEST_SPAN_MS) throw tooLong();
  const usual = Math.max(LEAST_STEP_MS, Math.ceil((to - from) / USUAL_STEPS));
  const stepMs = text === undefined ? usual : parseDuration(text);
  if (stepMs === undefined || stepMs < LEAST_STEP_MS || (to - from) / stepMs > MOST_STEPS)
    throw stepInvalid(text ?? "");
  const steps = Math.floor((to - from) / stepMs);
  return { from: epochMsOf(to - steps * stepMs), to, stepMs };
}

function timesOf({ from, to, stepMs }: RangeOfQuery): number[] {
  return Array.from({ length: Math.floor((to - from) / stepMs) + 1 }, (_, i) => from + i * stepMs);
}

function onTimes(series: Series | undefined, times: readonly number[]): (number | null)[] {
  const values = new Map(Array.from(series?.timesMs ?? [], (at, i) => [at, series?.values[i] ?? null]));
  return times.map((at) => values.get(at) ?? null);
}

function stepInvalid(text: string): OperatorError {
  return new OperatorError({
    code: "capacity.step_invalid",
    message: `${JSON.stringify(text)} is no step for this span`,
    hint: `write a duration such as 1h, a minute at least, of which the span has at most ${MOST_STEPS}`,
    status: 400,
  });
}

function tooLong(): OperatorError {
  return new OperatorError({
    code: "capacity.span_too_long",
    message: "`from` is more than 800 days before `to`",
    hint: "ask for a shorter span",
    status: 400,
  });
}
