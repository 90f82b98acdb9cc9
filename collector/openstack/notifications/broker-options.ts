import type { ClientTls } from "../../pull/scrape/job.ts";
import type { Secret } from "../../pull/secret.ts";

/** Where a cloud's notifications are, and what is ours there. */
export interface NotificationSource {
  readonly cluster: string;
  /** The broker's nodes as `host` or `host:port`, tried in turn. */
  readonly brokers: readonly string[];
  readonly vhost: string;
  readonly username: string;
  readonly password: Secret;
  /** Undefined: without TLS. */
  readonly tls: ClientTls | undefined;
  /** Topic exchanges that services notify to: their `control_exchange`. Those that are not there yet are looked for again. */
  readonly exchanges: readonly string[];
  /** `[oslo_messaging_notifications] topics` of the services, and nova's `versioned_notifications_topics`. */
  readonly topics: readonly string[];
  /** Ours alone. Two collectors with one queue would each get half. */
  readonly queue: string;
  readonly limits: NotificationLimits;
}

export interface NotificationLimits {
  /** Messages the broker keeps for us; past these it drops the oldest. */
  readonly queueLength: number;
  /** The broker deletes the queue when we are away for so long, and messages that nobody took for so long. */
  readonly awayMs: number;
  /** Messages under way that are not acknowledged yet. */
  readonly prefetch: number;
  /** Between two tries to connect; doubles from the first to the second. */
  readonly retryMs: readonly [first: number, most: number];
  /** How often exchanges that were not there are looked for. */
  readonly exchangesEveryMs: number;
}

export const NOTIFICATION_LIMITS: NotificationLimits = {
  queueLength: 10_000,
  awayMs: 600_000,
  prefetch: 100,
  retryMs: [1_000, 60_000],
  exchangesEveryMs: 60_000,
};
