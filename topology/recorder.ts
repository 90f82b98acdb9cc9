import type { Clock, EpochMs } from "../core/clock.ts";
import type { ElementId } from "../core/element-id.ts";
import { messageOf, type OperatorError } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { type Books, CommitPlan, type Planned } from "./commit-plan.ts";
import { DAMPING_LIMITS, Damper, type DampingLimits, type Flapping } from "./damping.ts";
import type { Decision, Terms } from "./decide.ts";
import type { HostAliases, HostNames } from "./host-aliases.ts";
import { ELEMENT_LIMITS, type ElementLimits } from "./limits.ts";
import type { GraphView, LiveGraph } from "./live-graph.ts";
import { type LoadedState, loadState } from "./load-state.ts";
import type { Change } from "./model/change.ts";
import type { PlaceCounts } from "./model/place-counts.ts";
import type { Revision } from "./model/revision.ts";
import { addCount } from "./place-counts.ts";
import { busy, stopped } from "./recorder-errors.ts";
import { RecordingTrouble } from "./recording-trouble.ts";
import { recordingTurns } from "./recording-turns.ts";
import type { RevisionLog } from "./revision-log.ts";
import type { Statement } from "./statement.ts";
import { QUEUE_LIMITS, type QueueLimits, StatementQueue } from "./statement-queue.ts";

export interface RecorderOptions {
  readonly cluster: string;
  readonly store: RevisionLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: ElementLimits | undefined;
  readonly queue?: QueueLimits | undefined;
  readonly damping?: DampingLimits | undefined;
  /** Told while the latest state is loaded. */
  readonly onProgress?: ((elements: number) => void) | undefined;
}

/** Changes of volatile attributes only: shown live, never versioned. */
export interface VolatileUpdate {
  readonly at: EpochMs;
  readonly changes: readonly Change[];
}

export interface Recorder {
  readonly cluster: string;
  readonly graph: GraphView;
  /**
   * The last durable revision that is wholly in the graph; 0 before the first. While a revision of more than a thousand
   * changes is being applied, the graph has part of the next one.
   */
  revision(): number;
  /** The counters of all places, as of `revision`. To be read before the next change. */
  counts(): PlaceCounts;
  /**
   * Resolves once durable and applied, with the revision's number, or undefined when nothing versioned changed.
   * Errors: OperatorError `topology.not_owner`, `topology.element_too_large`, `topology.too_many_elements` (never
   * retry), and with status 503 `recorder.busy`, `recorder.stopped` and the store's own (retry later: nothing was
   * recorded).
   */
  record(statement: Statement): Promise<number | undefined>;
  readonly hostNames: HostNames;
  /** Elements whose state changes too often to record each change. */
  flapping(): readonly Flapping[];
  /** Why the store did not take the last commit; undefined once it has taken one again, and before the first. */
  failing(): OperatorError | undefined;
  /** Called in order of revisions, after each is durable and applied. Returns how to stop listening. */
  onRevision(listener: (revision: Revision) => void): () => void;
  onVolatile(listener: (update: VolatileUpdate) => void): () => void;
}

/** One commit takes at most this much, so that nobody waits long for the ones before. */
const MAX_COMMIT_STATEMENTS = 2_000;
const MAX_COMMIT_ELEMENTS = 10_000;
/** A larger revision is applied in parts, with a turn for others in between. */
const APPLIED_AT_ONCE = 1_000;
const SETTLE_EVERY_MS = 1_000;

/** Loads the latest state and goes on numbering where the store ends. Never holds up the event loop. */
export async function openRecorder(options: RecorderOptions, lifetime: Lifetime): Promise<Recorder> {
  const { cluster, store, clock, log } = options;
  const state = await loadState(options);
  const [revision, lastAt] = [await store.lastRevision(cluster), await store.lastAtByOrigin(cluster)];
  const recorder = new DurableRecorder(options, { ...state, revision, lastAt });
  lifetime.defer(`recorder of ${cluster}`, () => recorder.stop());
  const loadMs = Math.round(clock.monotonicMs() - state.startedAt);
  log.info({ cluster, revision, elements: recorder.graph.size, load_ms: loadMs }, "recorder ready");
  return recorder;
}

interface Waiting {
  readonly statement: Statement;
  readonly resolve: (revision: number | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/** One statement of a commit with what was decided about it. */
interface Decided {
  readonly waiting: Waiting;
  readonly planned: Planned;
}

class DurableRecorder implements Recorder {
  readonly cluster: string;
  readonly graph: LiveGraph;
  readonly #options: RecorderOptions;
  readonly hostNames: HostNames;
  readonly #aliases: HostAliases;
  readonly #damper: Damper;
  readonly #settling: NodeJS.Timeout;
  readonly #terms: Terms;
  readonly #books: Books;
  readonly #lastAt: Map<string, EpochMs>;
  readonly #counts = new Map<ElementId, Record<string, number>>();
  readonly #revisionListeners = new Set<(revision: Revision) => void>();
  readonly #volatileListeners = new Set<(update: VolatileUpdate) => void>();
  readonly #queue: StatementQueue<Waiting>;
  #revision: number;
  #committing: Promise<void> | undefined;
  #stopped = false;
  readonly #trouble: RecordingTrouble;

  constructor(
    options: RecorderOptions,
    start: LoadedState & { revision: number; lastAt: ReadonlyMap<string, EpochMs> },
  ) {
    this.#options = options;
    this.#trouble = new RecordingTrouble(options.cluster, options.log);
    this.cluster = options.cluster;
    this.hostNames = start.aliases;
    this.#aliases = start.aliases;
    this.#damper = new Damper(options.damping ?? DAMPING_LIMITS);
    this.#terms = termsOf(options, start.aliases, this.#damper);
    this.#settling = setInterval(() => this.#settleDue(), SETTLE_EVERY_MS).unref();
    this.#queue = new StatementQueue(options.queue ?? QUEUE_LIMITS);
    this.graph = start.graph;
    this.#books = start.books;
    for (const [place, counters] of start.books.tally.counts()) this.#counts.set(place, { ...counters });
    this.#revision = start.revision;
    this.#lastAt = new Map(start.lastAt);
  }

  revision(): number {
    return this.#revision;
  }

  counts(): PlaceCounts {
    return this.#counts;
  }

  flapping(): readonly Flapping[] {
    return this.#damper.flapping();
  }

  failing(): OperatorError | undefined {
    return this.#trouble.failing;
  }

  onRevision(listener: (revision: Revision) => void): () => void {
    this.#revisionListeners.add(listener);
    return () => this.#revisionListeners.delete(listener);
  }

  onVolatile(listener: (update: VolatileUpdate) => void): () => void {
    this.#volatileListeners.add(listener);
    return () => this.#volatileListeners.delete(listener);
  }

  record(statement: Statement): Promise<number | undefined> {
    if (this.#stopped) return Promise.reject(stopped());
    const recorded = Promise.withResolvers<number | undefined>();
    const isTaken = this.#queue.push({ statement, resolve: recorded.resolve, reject: recorded.reject });
    if (!isTaken) return Promise.reject(busy());
    this.#committing ??= this.#commitAll();
    return recorded.promise;
  }

  /** Lets the commits under way finish; later statements are refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#settling);
    await this.#committing;
  }

  /** What cannot be recorded now is due again later. */
  #settleDue(): void {
    const due = this.#damper.due(this.#options.clock.now(), (id) => this.graph.get(id));
    for (const states of due) {
      this.record({ kind: "settled", ...states }).catch((error: unknown) => {
        const { log, cluster } = this.#options;
        log.warn({ cluster, error: messageOf(error) }, "flapping state not recorded yet");
      });
    }
  }

  async #commitAll(): Promise<void> {
    // Statements that arrive in the same turn of the event loop share a commit.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      await this.#commit(this.#queue.take(MAX_COMMIT_STATEMENTS, MAX_COMMIT_ELEMENTS));
    }
    this.#committing = undefined;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const decided = await this.#decideAll(batch);
    const revisions = decided.flatMap(({ planned }) => planned.revisions);
    try {
      if (revisions.length > 0) {
        await this.#options.store.append(revisions);
        this.#trouble.tell(undefined);
      }
    } catch (error) {
      this.#trouble.tell(error);
      this.#books.places.rollBack();
      this.#books.tally.rollBack();
      // Nothing was recorded, so every caller of this commit hears why and may try again.
      for (const { waiting } of decided) waiting.reject(error);
      return;
    }
    this.#books.places.keep();
    this.#books.tally.keep();
    for (const one of decided) await this.#publish(one);
  }

  async #decideAll(batch: readonly Waiting[]): Promise<readonly Decided[]> {
    const [graph, books, terms, revision, lastAt] = [
      this.graph,
      this.#books,
      this.#terms,
      this.#revision,
      this.#lastAt,
    ];
    const plan = new CommitPlan({ graph, books, terms, revision, lastAt, now: this.#options.clock.now() });
    const decided: Decided[] = [];
    for (const waiting of batch) {
      if (recordingTurns.isOver()) await recordingTurns.next();
      const decision = await this.#decided(plan, waiting);
      if (decision === undefined) continue;
      decided.push({ waiting, planned: await recordingTurns.run(plan.entering(waiting.statement, decision)) });
    }
    return decided;
  }

  /** Undefined when deciding failed: only the caller of this statement hears of it. */
  async #decided(plan: CommitPlan, { statement, reject }: Waiting): Promise<Decision | undefined> {
    try {
      return await recordingTurns.run(plan.decide(statement));
    } catch (error) {
      reject(error);
      return undefined;
    }
  }

  async #publish({ waiting, planned }: Decided): Promise<void> {
    const { decision, at, steps, revisions } = planned;
    if (decision.kind === "refused") {
      waiting.reject(decision.error);
      return;
    }
    for (const [before, after] of steps) this.#aliases.change(before, after);
    for (const revision of revisions) await this.#apply(revision);
    const changes: Change[] = [];
    for (const element of decision.present) {
      const change = this.graph.putVolatile(element.id, element.attributes);
      if (change !== undefined) changes.push(change);
      if (recordingTurns.isOver()) await recordingTurns.next();
    }
    if (changes.length > 0) for (const listener of this.#volatileListeners) listener({ at, changes });
    waiting.resolve(revisions[0]?.revision);
  }

  async #apply(revision: Revision): Promise<void> {
    const { changes, counts = [] } = revision;
    for (let from = 0; from < changes.length; from += APPLIED_AT_ONCE) {
      if (recordingTurns.isOver()) await recordingTurns.next();
      this.graph.apply(changes.length <= APPLIED_AT_ONCE ? changes : changes.slice(from, from + APPLIED_AT_ONCE));
    }
    for (const delta of counts) addCount(this.#counts, delta);
    this.#revision = revision.revision;
    this.#lastAt.set(revision.origin, revision.at);
    for (const listener of this.#revisionListeners) listener(revision);
  }
}

function termsOf(
  { cluster, limits = ELEMENT_LIMITS, clock }: RecorderOptions,
  names: HostNames,
  damper: Damper,
): Terms {
  return {
    cluster,
    limits,
    hostOf: (name) => names.resolve(name) ?? name,
    damping: {
      // What others than agents say of states is said once, not as often as a link flaps.
      recordedAs: (owner, recorded, told) =>
        owner.kind === "agent" ? damper.recordedAs(owner, recorded, told, clock.now()) : told,
      settle: (recorded) => damper.settle(recorded, clock.now()),
    },
  };
}
