import type { Lifetime } from "../../../core/lifetime.ts";
import type { Log } from "../../../core/log.ts";
import { waitUnlessOver } from "../../../core/wait.ts";
import type { PullProblem } from "../../pull/problem.ts";
import { secretText } from "../../pull/secret.ts";
import type { NotificationSource } from "./broker-options.ts";
import { brokerProblem, noExchange } from "./broker-problem.ts";
import { runBrokerSession } from "./broker-session.ts";
import { readNotification } from "./envelope.ts";
import type { HintReceiver } from "./hint.ts";
import { hintsOf } from "./hints-of.ts";

export interface NotificationCounts {
  /** Messages that came. */
  received: number;
  /** Hints given. */
  hints: number;
  /** Messages that say nothing of interest. */
  ignored: number;
  /** Messages that cannot be read: taken out of the queue, and not seen again. */
  refused: number;
  connections: number;
}

export interface NotificationStatus {
  readonly cluster: string;
  readonly isListening: boolean;
  /** Exchanges the queue is bound to. */
  readonly exchanges: readonly string[];
  readonly problem: PullProblem | undefined;
}

export interface Notifications {
  status(): NotificationStatus;
  counts(): Readonly<NotificationCounts>;
}

/** Consumes a cloud's notifications until the lifetime ends; a broker that is away is tried again and again. */
export function listenToNotifications(
  source: NotificationSource,
  parts: { readonly receiver: HintReceiver; readonly log: Log },
  lifetime: Lifetime,
): Notifications {
  const listener = new Listener(source, parts.receiver, parts.log);
  const running = listener.run(lifetime.signal);
  lifetime.defer(`notifications of ${source.cluster}`, () => running);
  return listener;
}

class Listener implements Notifications {
  readonly #source: NotificationSource;
  readonly #receiver: HintReceiver;
  readonly #log: Log;
  readonly #counts: NotificationCounts = { received: 0, hints: 0, ignored: 0, refused: 0, connections: 0 };
  #exchanges: readonly string[] = [];
  #isListening = false;
  #problem: PullProblem | undefined;
  /** What was wrong with each broker since one was listened at. */
  readonly #reasons = new Map<string, string>();

  constructor(source: NotificationSource, receiver: HintReceiver, log: Log) {
    this.#source = source;
    this.#receiver = receiver;
    this.#log = log;
  }

  status(): NotificationStatus {
    const { cluster } = this.#source;
    return { cluster, isListening: this.#isListening, exchanges: this.#exchanges, problem: this.#problem };
  }

  counts(): Readonly<NotificationCounts> {
    return this.#counts;
  }

  async run(signal: AbortSignal): Promise<void> {
    const { brokers, limits } = this.#source;
    const [first, most] = limits.retryMs;
    let pauseMs = first;
    for (let turn = 0; !signal.aborted; turn++) {
      const broker = brokers[turn % brokers.length] ?? "";
      await this.#session(broker, signal);
      if (signal.aborted) return;
      // All of them are tried before anybody waits for longer.
      const hadSuccess = this.#isListening;
      this.#isListening = false;
      pauseMs = hadSuccess
        ? first
        : Math.min(most, turn % brokers.length === brokers.length - 1 ? pauseMs * 2 : pauseMs);
      await waitUnlessOver(pauseMs, signal);
    }
  }

  async #session(broker: string, signal: AbortSignal): Promise<void> {
    const password = await secretText(this.#source.password);
    if (typeof password !== "string") return this.#failed(password, broker);
    try {
      await runBrokerSession(
        {
          ...{ source: this.#source, broker, password },
          onListening: (exchanges) => this.#listening(exchanges, broker),
          onMessage: (content) => this.#take(content),
        },
        signal,
      );
    } catch (error) {
      this.#failed(brokerProblem(error, this.#source), broker);
    }
  }

  #listening(exchanges: readonly string[], broker: string): void {
    const { cluster } = this.#source;
    if (!this.#isListening) this.#counts.connections++;
    this.#isListening = true;
    this.#reasons.clear();
    this.#exchanges = exchanges;
    this.#problem = exchanges.length > 0 ? undefined : noExchange(this.#source);
    this.#log.info({ cluster, broker, exchanges }, "notifications are listened to");
    this.#receiver.listening(cluster);
  }

  /** Told once for each problem of a broker, not at each try. */
  #failed(problem: PullProblem, broker: string): void {
    const isNew = this.#reasons.get(broker) !== problem.reason;
    this.#reasons.set(broker, problem.reason);
    this.#problem = problem;
    if (isNew) this.#log.warn({ cluster: this.#source.cluster, broker, ...problem }, "notifications are not heard");
  }

  async #take(content: Buffer): Promise<boolean> {
    const { cluster } = this.#source;
    this.#counts.received++;
    const notification = readNotification(content);
    const hints = typeof notification === "string" ? notification : hintsOf(notification);
    if (typeof hints === "string") {
      if (this.#counts.refused++ === 0) this.#log.warn({ cluster, reason: hints }, "a notification cannot be read");
      return false;
    }
    if (hints.length === 0) this.#counts.ignored++;
    for (const hint of hints) {
      this.#counts.hints++;
      await this.#receiver.changed({ cluster, ...hint });
    }
    return true;
  }
}
