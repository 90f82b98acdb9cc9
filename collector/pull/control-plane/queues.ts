import { matchesGlob } from "../name-filter.ts";
import type { PageText } from "./page-text.ts";

/** A cloud has tens of thousands of queues, most of them empty: which are told one by one. */
export interface QueueSelection {
  /** Told whatever is in them; `*` and `?` as in names of metrics. */
  readonly names: readonly string[];
  /** Told while at least so many messages wait for a consumer. */
  readonly backlog: number;
  /** Of one target at once. Those by name come first, then the fullest. */
  readonly most: number;
}

export interface QueueFigures {
  readonly vhost: string;
  readonly queue: string;
  /** Messages that wait for a consumer. */
  readonly ready: number;
  /** Messages a consumer has and has not acknowledged. */
  readonly unacked: number;
  readonly consumers: number;
}

export interface SelectedQueues {
  readonly told: readonly QueueFigures[];
  /** Worth telling, but past the bound. */
  readonly omitted: number;
}

/**
 * A queue is worth telling when it is named, has a backlog, or holds messages that nobody consumes. Never more than `most`; the
 * same queues in any order give the same answer.
 */
export function selectQueues(queues: Iterable<QueueFigures>, { names, backlog, most }: QueueSelection): SelectedQueues {
  const worth: { readonly figures: QueueFigures; readonly isNamed: boolean }[] = [];
  for (const figures of queues) {
    const { queue, ready, consumers } = figures;
    const isNamed = names.some((pattern) => matchesGlob(pattern, queue));
    if (isNamed || ready >= backlog || (ready > 0 && consumers === 0)) worth.push({ figures, isNamed });
  }
  worth.sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || byFill(a.figures, b.figures));
  return { told: worth.slice(0, most).map(({ figures }) => figures), omitted: Math.max(0, worth.length - most) };
}

function byFill(a: QueueFigures, b: QueueFigures): number {
  const byName = a.vhost === b.vhost ? (a.queue < b.queue ? -1 : 1) : a.vhost < b.vhost ? -1 : 1;
  return b.ready - a.ready || byName;
}

/** The names are those of rabbitmq_prometheus' page `/metrics/detailed`. */
export function addQueues({ told, omitted }: SelectedQueues, page: PageText): void {
  for (const { vhost, queue, ready, unacked, consumers } of told) {
    const labels = { vhost, queue };
    page.add("rabbitmq_detailed_queue_messages_ready", ready, labels);
    page.add("rabbitmq_detailed_queue_messages_unacked", unacked, labels);
    page.add("rabbitmq_detailed_queue_consumers", consumers, labels);
  }
  page.add("rabbitmq_detailed_queues_omitted", omitted);
}
