import { setImmediate as nextTurn } from "node:timers/promises";
import { ExpositionPage } from "../exposition/page.ts";
import type { PullProblem } from "../problem.ts";
import type { QueueFigures } from "./queues.ts";

/** `rabbitmq_detailed_…` is of `/metrics/detailed` (3.10), `rabbitmq_…` of `/metrics/per-object` (3.8). */
const FIGURE = /^rabbitmq_(?:detailed_)?queue_(messages_ready|messages_unacked|consumers)$/;
const FIELDS: Readonly<Record<string, "ready" | "unacked" | "consumers">> = {
  messages_ready: "ready",
  messages_unacked: "unacked",
  consumers: "consumers",
};
const SAMPLES_PER_TURN = 1_000;

/** What a page of rabbitmq_prometheus says of each queue. Source: RabbitMQ, deps/rabbitmq_prometheus/metrics.md. */
export async function readDetailedQueues(body: Buffer): Promise<readonly QueueFigures[] | PullProblem> {
  const queues = new Map<string, { -readonly [Key in keyof QueueFigures]: QueueFigures[Key] }>();
  const page = new ExpositionPage(body);
  let samples = 0;
  for (let next = page.next(); next !== undefined; next = page.next()) {
    if (next !== "sample") return malformed(next.line, next.message);
    if (++samples % SAMPLES_PER_TURN === 0) await nextTurn();
    const series = page.series();
    if ("kind" in series) {
      const { line, message } = page.problem(series);
      return malformed(line, message);
    }
    const field = FIELDS[FIGURE.exec(series.name)?.[1] ?? ""];
    if (field === undefined) continue;
    const { vhost, queue } = Object.fromEntries(series.labels);
    // Totals of the node have the same names and no labels.
    if (vhost === undefined || queue === undefined) continue;
    const key = JSON.stringify([vhost, queue]);
    const figures = queues.get(key) ?? { vhost, queue, ready: 0, unacked: 0, consumers: 0 };
    figures[field] = page.value;
    queues.set(key, figures);
  }
  return [...queues.values()];
}

function malformed(line: number, message: string): PullProblem {
  return {
    reason: `line ${line} of the page with the queues: ${message}`,
    hint: "is rabbitmq_prometheus at that address, and nothing between us that changes its pages?",
  };
}
