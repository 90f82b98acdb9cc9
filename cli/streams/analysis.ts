import type { EndedRequest } from "../../web/server/request-trace.ts";
import type { Stream } from "./open-streams.ts";
import { SLOW_MS } from "./tracing.ts";

interface RouteCounts {
  requests: number;
  refused: number;
  failed: number;
  slow: number;
  totalMs: number;
  longestMs: number;
}

/** Counters that only rise, and what is as it is now; both flat, named as in the metrics. */
export interface AnalysedFigures {
  readonly totals: { readonly [name: string]: number };
  readonly now: { readonly [name: string]: number };
}

export interface Analysis {
  note(request: EndedRequest): void;
  endMinute(figures: AnalysedFigures): void;
}

/** Routes are few: those that are registered. */
const NO_ROUTE = "(no such path)";

/** One line a minute: what happened in it, by route, and how much the counters rose. */
export function createAnalysis(stream: Stream): Analysis {
  let routes = new Map<string, RouteCounts>();
  let before: AnalysedFigures["totals"] | undefined;
  return {
    note: ({ method, route = NO_ROUTE, status, durationMs }) => {
      const counts = countsOf(routes, `${method} ${route}`);
      counts.requests++;
      if (status >= 500) counts.failed++;
      else if (status >= 400) counts.refused++;
      if (durationMs >= SLOW_MS) counts.slow++;
      counts.totalMs += durationMs;
      counts.longestMs = Math.max(counts.longestMs, durationMs);
    },
    endMinute: ({ totals, now }) => {
      const rose = Object.entries(totals).map(([name, value]) => [name, value - (before?.[name] ?? 0)] as const);
      const all = [...routes.values()];
      const sum = (of: (counts: RouteCounts) => number): number => all.reduce((total, each) => total + of(each), 0);
      stream.write({
        kind: "minute",
        seconds: 60,
        requests: sum(({ requests }) => requests),
        refused: sum(({ refused }) => refused),
        failed: sum(({ failed }) => failed),
        slow: sum(({ slow }) => slow),
        routes: Object.fromEntries([...routes].map(([name, counts]) => [name, routeFields(counts)])),
        rose: Object.fromEntries(
          rose.filter(([, value]) => value !== 0).map(([name, value]) => [name, rounded(value)]),
        ),
        now: Object.fromEntries(Object.entries(now).map(([name, value]) => [name, rounded(value)])),
      });
      routes = new Map();
      before = totals;
    },
  };
}

function countsOf(routes: Map<string, RouteCounts>, name: string): RouteCounts {
  const known = routes.get(name);
  if (known !== undefined) return known;
  const counts = { requests: 0, refused: 0, failed: 0, slow: 0, totalMs: 0, longestMs: 0 };
  routes.set(name, counts);
  return counts;
}

function routeFields({ requests, refused, failed, slow, totalMs, longestMs }: RouteCounts) {
  return { requests, refused, failed, slow, mean_ms: rounded(totalMs / requests), longest_ms: rounded(longestMs) };
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;
