import type { EpochMs } from "../../core/clock.ts";
import type { ElementId } from "../../core/element-id.ts";
import { OperatorError } from "../../core/errors.ts";
import type { Lifetime } from "../../core/lifetime.ts";
import { type Change, changedId } from "../model/change.ts";
import { BreachFeed } from "./breach-feed.ts";
import { BreachSet, type Since } from "./breach-set.ts";
import { INVARIANTS } from "./catalogue.ts";
import { type Finding, type FindingEvent, hostOfAgent } from "./finding.ts";
import { FindingBook, type Instant } from "./finding-book.ts";
import { FindingHistory } from "./finding-history.ts";
import type { FindingCounts, Findings, FindingsOptions } from "./findings.ts";
import type { InvariantName } from "./invariant.ts";
import { OutsideBreaches } from "./outside-breaches.ts";
import { Upheavals } from "./upheaval.ts";

/** Findings that become standing in one turn of the event loop. */
const MAX_STANDING_AT_ONCE = 1_000;
/** Events of this long share a commit. */
const WRITE_AFTER_MS = 1_000;
const WRITE_RETRY_MS = 10_000;
/** Between two looks at what is due. */
const MIN_TIMER_MS = 10;

/** Judges a cluster's topology from now on: what is there, then each change. Ends with the lifetime. */
export function watchInvariants(options: FindingsOptions, lifetime: Lifetime): Findings {
  const watch = new InvariantWatch(options, lifetime);
  lifetime.defer(`findings of ${options.recorder.cluster}`, () => watch.stop());
  return watch;
}

class InvariantWatch implements Findings {
  readonly cluster: string;
  readonly #options: FindingsOptions;
  readonly #set: BreachSet;
  readonly #feed: BreachFeed;
  readonly #book: FindingBook;
  readonly #history: FindingHistory;
  readonly #upheavals = new Upheavals();
  readonly #elsewhere: OutsideBreaches;
  readonly #listeners = new Set<(event: FindingEvent) => void>();
  readonly #unsubscribe: (() => void)[] = [];
  #isReady = false;
  #dueTimer: NodeJS.Timeout | undefined;
  #dueAtMs = Number.POSITIVE_INFINITY;
  #writeTimer: NodeJS.Timeout | undefined;

  constructor(options: FindingsOptions, lifetime: Lifetime) {
    const { recorder, clock, invariants = INVARIANTS, outside = [] } = options;
    this.#options = options;
    this.cluster = recorder.cluster;
    this.#set = new BreachSet(invariants, recorder.graph);
    this.#history = new FindingHistory(recorder.cluster, options.memory);
    const settleMs = new Map([...invariants, ...outside].map(({ name, settleMs }) => [name, settleMs]));
    this.#book = new FindingBook({
      graph: recorder.graph,
      upheavals: this.#upheavals,
      settleMsOf: (invariant) => settleMs.get(invariant) ?? 0,
    });
    this.#elsewhere = new OutsideBreaches((transition) => {
      if (this.#isReady) this.#tell(this.#book.apply(transition, this.#now()));
    });
    this.#feed = new BreachFeed(
      {
        set: this.#set,
        graph: recorder.graph,
        onLoaded: () => this.#loaded(),
        onTransition: (transition) => this.#tell(this.#book.apply(transition, this.#now())),
        onBatchDone: (changes) => this.#heard(changes),
      },
      lifetime,
    );
    this.#unsubscribe.push(
      recorder.onRevision(({ revision, at, changes }) => this.#take(changes, { revision, at })),
      recorder.onVolatile(({ at, changes }) => this.#take(changes, { revision: recorder.revision(), at })),
    );
    void this.#feed.load({ revision: recorder.revision(), at: clock.now() });
  }

  isReady(): boolean {
    return this.#isReady;
  }

  open(): Iterable<Finding> {
    return this.#book.findings();
  }

  standingAt(at: EpochMs): readonly Finding[] {
    const open = [...this.#book.findings()].filter(({ standingAt }) => standingAt !== undefined && standingAt <= at);
    return [...this.#history.standingAt(at), ...open];
  }

  forgottenUntil(): EpochMs | undefined {
    return this.#history.forgottenUntil();
  }

  counts(): FindingCounts {
    let [settling, standing, unknown] = [0, 0, 0];
    const standingBy = new Map<InvariantName, number>();
    for (const { state, isUnknown, invariant } of this.#book.findings()) {
      if (isUnknown) unknown++;
      if (state === "settling") settling++;
      else {
        standing++;
        standingBy.set(invariant, (standingBy.get(invariant) ?? 0) + 1);
      }
    }
    const { waitingChanges } = this.#feed;
    return { settling, standing, unknown, standingBy, waitingChanges, judgements: this.#set.judgements };
  }

  failing(): OperatorError | undefined {
    return this.#history.failing();
  }

  onFinding(listener: (event: FindingEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    clearTimeout(this.#dueTimer);
    clearTimeout(this.#writeTimer);
    while (this.#history.hasUnwritten) this.#history.write();
  }

  #take(changes: readonly Change[], since: Since): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const change of changes) this.#upheavals.notice(change, nowMs);
    this.#feed.push(changes, since);
  }

  #loaded(): void {
    const { recorder, invariants = INVARIANTS, outside = [] } = this.#options;
    const now = this.#now();
    for (const id of recorder.graph.ofKind("agent")) this.#listenFor(id, now);
    for (const judge of outside) this.#unsubscribe.push(this.#elsewhere.watch(judge, () => this.#sinceNow()));
    const forgetful = new Set(invariants.filter((it) => it.readsVolatile).map(({ name }) => name));
    const breaches = [...this.#set.breaches(), ...this.#elsewhere.breaches()];
    this.#isReady = true;
    this.#tell(this.#book.restore(breaches, this.#history.load(), (name) => forgetful.has(name), now));
  }

  /** After a batch: agents that fell silent or speak again, and news that some findings wait for. */
  #heard(changes: readonly Change[]): void {
    const now = this.#now();
    for (const change of changes) {
      const id = changedId(change);
      this.#tell(this.#book.heard(id, now));
      if (hostOfAgent(id) !== undefined) this.#tell(this.#listenFor(id, now));
    }
  }

  /** A host without a node for its agent is one nobody said is silent. */
  #listenFor(agent: ElementId, now: Instant): readonly FindingEvent[] {
    const host = hostOfAgent(agent);
    if (host === undefined) return [];
    const node = this.#options.recorder.graph.get(agent);
    return this.#book.silence(host, node?.attributes.session === "silent", now);
  }

  #tell(events: readonly FindingEvent[]): void {
    if (events.length === 0) return;
    for (const event of events) {
      this.#history.note(event);
      for (const listener of this.#listeners) listener(event);
    }
    if (this.#history.hasUnwritten) this.#writeTimer ??= setTimeout(() => this.#write(), WRITE_AFTER_MS);
    this.#scheduleDue();
  }

  #scheduleDue(): void {
    const nextMs = this.#book.nextDueMs();
    if (nextMs === undefined || nextMs >= this.#dueAtMs) return;
    clearTimeout(this.#dueTimer);
    this.#dueAtMs = nextMs;
    this.#dueTimer = setTimeout(
      () => this.#advance(),
      Math.max(MIN_TIMER_MS, nextMs - this.#options.clock.monotonicMs()),
    );
  }

  #advance(): void {
    this.#dueAtMs = Number.POSITIVE_INFINITY;
    const now = this.#now();
    this.#upheavals.forgetBefore(now.monotonicMs);
    this.#tell(this.#book.advance(now, MAX_STANDING_AT_ONCE));
    this.#scheduleDue();
  }

  #write(): void {
    this.#writeTimer = undefined;
    const wasFailing = this.#history.failing() !== undefined;
    try {
      this.#history.write();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.#history.noteFailure(error);
      if (!wasFailing) this.#options.log.warn({ cluster: this.cluster, code: error.code }, "findings not written yet");
      this.#writeTimer = setTimeout(() => this.#write(), WRITE_RETRY_MS);
      return;
    }
    if (this.#history.hasUnwritten) this.#writeTimer = setTimeout(() => this.#write(), 0);
  }

  #sinceNow(): Since {
    return { revision: this.#options.recorder.revision(), at: this.#options.clock.now() };
  }

  #now(): Instant {
    const { clock } = this.#options;
    return { monotonicMs: clock.monotonicMs(), at: clock.now() };
  }
}
