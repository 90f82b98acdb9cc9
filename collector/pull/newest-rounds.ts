import type { RecordSpan, Span } from "../../core/span.ts";
import type { TraceContext } from "../../core/trace.ts";

/**
 * Whose samples a round brings. A target has the labels `cluster`, `job` and `instance`; where it is known which host it speaks for, that
 * one leads to it, too. An OpenStack cloud has its cluster alone.
 */
export interface RoundOrigin {
  readonly cluster: string;
  readonly job?: string | undefined;
  readonly instance?: string | undefined;
  readonly host?: string | undefined;
}

interface NewestRound {
  /** The write, that it came from, and what else belongs to it. */
  readonly spans: readonly [write: Span, ...others: readonly Span[]];
  readonly host: string | undefined;
  isTold: boolean;
}

/**
 * The newest round of each target and each cloud whose samples became durable: the trace that an alert about them goes on with. As many
 * as there are targets; lost with the process, alerts keep theirs.
 */
export class NewestRounds {
  readonly #rounds = new Map<string, NewestRound>();

  remember({ host, ...origin }: RoundOrigin, spans: NewestRound["spans"]): void {
    const { cluster } = origin;
    if (this.#rounds.get(keyOf(origin))?.host !== host) this.forget(origin);
    const round = { spans, host, isTold: false };
    this.#rounds.set(keyOf(origin), round);
    if (host !== undefined) this.#rounds.set(keyOf({ cluster, host }), round);
  }

  /** It is asked no more. */
  forget({ host: _host, ...origin }: RoundOrigin): void {
    const round = this.#rounds.get(keyOf(origin));
    this.#rounds.delete(keyOf(origin));
    const alias = keyOf({ cluster: origin.cluster, host: round?.host });
    // Another target may speak for the same host.
    if (round?.host !== undefined && this.#rounds.get(alias) === round) this.#rounds.delete(alias);
  }

  newestOf(origin: RoundOrigin): TraceContext | undefined {
    const write = this.#rounds.get(keyOf(origin))?.spans[0];
    return write && { traceId: write.traceId, spanId: write.spanId };
  }

  /** Records what is known of the round with this write, once; nothing when another one came since. */
  tell(origin: RoundOrigin, write: TraceContext, record: RecordSpan): void {
    const round = this.#rounds.get(keyOf(origin));
    if (round === undefined || round.isTold || round.spans[0].spanId !== write.spanId) return;
    round.isTold = true;
    const [own, ...others] = round.spans;
    for (const span of [...others, own]) record({ ...span, attributes: { ...span.attributes, kept_because: "alert" } });
  }
}

function keyOf({ cluster, job, instance, host }: RoundOrigin): string {
  return JSON.stringify([cluster, job, instance, host]);
}
