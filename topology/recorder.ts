import type { Clock, EpochMs } from "../core/clock.ts";
import type { Element } from "../core/element.ts";
import { messageOf, OperatorError } from "../core/errors.ts";
import type { Lifetime } from "../core/lifetime.ts";
import type { Log } from "../core/log.ts";
import { type Decision, decide } from "./decide.ts";
import { eventTime } from "./event-time.ts";
import { ELEMENT_LIMITS, type ElementLimits } from "./limits.ts";
import { type GraphView, LiveGraph } from "./live-graph.ts";
import type { Change } from "./model/change.ts";
import type { Revision } from "./model/revision.ts";
import { originOf } from "./ownership.ts";
import { PendingView } from "./pending-view.ts";
import { elementCountOf, type Statement } from "./statement.ts";

/** What the recorder asks of the durable store; `TopologyStore` is one. */
export interface RevisionLog {
  /** All revisions or none; durable when it resolves. */
  append(revisions: readonly Revision[]): Promise<void>;
  lastRevision(cluster: string): Promise<number>;
  /** In chunks, each element once. */
  latest(cluster: string): AsyncIterable<readonly Element[]>;
  /** The latest `at` each origin has told. */
  lastAtByOrigin(cluster: string): Promise<ReadonlyMap<string, EpochMs>>;
}

export interface RecorderOptions {
  readonly cluster: string;
  readonly store: RevisionLog;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: ElementLimits | undefined;
}

/** Changes of volatile attributes only: shown live, never versioned. */
export interface VolatileUpdate {
  readonly at: EpochMs;
  readonly changes: readonly Change[];
}

export interface Recorder {
  readonly cluster: string;
  readonly graph: GraphView;
  /** The last durable revision; 0 before the first. */
  revision(): number;
  /**
   * Resolves once durable and applied, with the revision's number, or undefined when nothing versioned changed.
   * Errors: OperatorError `topology.not_owner`, `topology.element_too_large`, `topology.too_many_elements` (never
   * retry), and with status 503 `recorder.busy`, `recorder.stopped` and the store's own (retry later: nothing was
   * recorded).
   */
  record(statement: Statement): Promise<number | undefined>;
  /** Why the store did not take the last commit; undefined once it has taken one again, and before the first. */
  failing(): OperatorError | undefined;
  /** Called in order of revisions, after each is durable and applied. Returns how to stop listening. */
  onRevision(listener: (revision: Revision) => void): () => void;
  onVolatile(listener: (update: VolatileUpdate) => void): () => void;
}

/** One commit takes at most this much, so that deciding and applying it do not hold up the event loop. */
const MAX_COMMIT_STATEMENTS = 512;
const MAX_COMMIT_ELEMENTS = 4_000;
/** Waiting statements past either bound are refused with `recorder.busy`. */
const MAX_WAITING_STATEMENTS = 5_000;
const MAX_WAITING_ELEMENTS = 200_000;

/** Loads the latest state and goes on numbering where the store ends. */
export async function openRecorder(options: RecorderOptions, lifetime: Lifetime): Promise<Recorder> {
  const { cluster, store } = options;
  const graph = new LiveGraph();
  for await (const elements of store.latest(cluster)) graph.load(elements);
  const [revision, lastAt] = [await store.lastRevision(cluster), await store.lastAtByOrigin(cluster)];
  const recorder = new DurableRecorder(options, { graph, revision, lastAt });
  lifetime.defer(`recorder of ${cluster}`, () => recorder.stop());
  options.log.info({ cluster, revision, elements: recorder.graph.size }, "recorder ready");
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
  readonly decision: Decision;
  readonly at: EpochMs;
  readonly revision: Revision | undefined;
}

class DurableRecorder implements Recorder {
  readonly cluster: string;
  readonly graph: LiveGraph;
  readonly #options: RecorderOptions;
  readonly #limits: ElementLimits;
  readonly #lastAt: Map<string, EpochMs>;
  readonly #revisionListeners = new Set<(revision: Revision) => void>();
  readonly #volatileListeners = new Set<(update: VolatileUpdate) => void>();
  #revision: number;
  #waiting: Waiting[] = [];
  #waitingElements = 0;
  #committing: Promise<void> | undefined;
  #stopped = false;
  #failing: OperatorError | undefined;

  constructor(
    options: RecorderOptions,
    start: { graph: LiveGraph; revision: number; lastAt: ReadonlyMap<string, EpochMs> },
  ) {
    this.#options = options;
    this.#limits = options.limits ?? ELEMENT_LIMITS;
    this.cluster = options.cluster;
    this.graph = start.graph;
    this.#revision = start.revision;
    this.#lastAt = new Map(start.lastAt);
  }

  revision(): number {
    return this.#revision;
  }

  failing(): OperatorError | undefined {
    return this.#failing;
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
    const count = elementCountOf(statement);
    const isFull = this.#waiting.length >= MAX_WAITING_STATEMENTS || this.#waitingElements >= MAX_WAITING_ELEMENTS;
    if (isFull) return Promise.reject(busy());
    const recorded = Promise.withResolvers<number | undefined>();
    this.#waiting.push({ statement, resolve: recorded.resolve, reject: recorded.reject });
    this.#waitingElements += count;
    this.#committing ??= this.#commitAll();
    return recorded.promise;
  }

  /** Lets the commits under way finish; later statements are refused. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#committing;
  }

  async #commitAll(): Promise<void> {
    // Statements that arrive in the same turn of the event loop share a commit.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#take());
    this.#committing = undefined;
  }

  #take(): readonly Waiting[] {
    let [count, elements] = [0, 0];
    for (const { statement } of this.#waiting) {
      elements += elementCountOf(statement);
      if (count > 0 && (elements > MAX_COMMIT_ELEMENTS || count >= MAX_COMMIT_STATEMENTS)) break;
      count++;
    }
    const taken = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    for (const { statement } of taken) this.#waitingElements -= elementCountOf(statement);
    return taken;
  }

  async #commit(batch: readonly Waiting[]): Promise<void> {
    const decided = this.#decideAll(batch);
    const revisions = decided.flatMap(({ revision }) => (revision === undefined ? [] : [revision]));
    try {
      if (revisions.length > 0) {
        await this.#options.store.append(revisions);
        this.#failing = undefined;
      }
    } catch (error) {
      this.#failing = error instanceof OperatorError ? error : commitFailed(error);
      // Nothing was recorded, so every caller of this commit hears why and may try again.
      for (const { waiting } of decided) waiting.reject(error);
      return;
    }
    for (const one of decided) this.#publish(one);
  }

  /** Each statement is decided against what the ones before it leave behind. */
  #decideAll(batch: readonly Waiting[]): readonly Decided[] {
    const now = this.#options.clock.now();
    const view = new PendingView(this.graph);
    const floors = new Map<string, EpochMs>();
    let revision = this.#revision;
    return batch.flatMap((waiting): readonly Decided[] => {
      const { statement } = waiting;
      const origin = originOf(statement.owner);
      const at = eventTime(statement.at, now, floors.get(origin) ?? this.#lastAt.get(origin));
      const decision = this.#decided(view, waiting);
      if (decision === undefined) return [];
      if (decision.kind === "refused" || decision.changes.length === 0) {
        return [{ waiting, decision, at, revision: undefined }];
      }
      view.apply(decision.changes);
      floors.set(origin, at);
      revision++;
      const { changes } = decision;
      const recorded = { revision, at, knownAt: now, cluster: this.cluster, origin, changes };
      return [{ waiting, decision, at, revision: recorded }];
    });
  }

  /** Undefined when deciding failed: only the caller of this statement hears of it. */
  #decided(view: PendingView, { statement, reject }: Waiting): Decision | undefined {
    try {
      return decide(view, statement, { cluster: this.cluster, limits: this.#limits });
    } catch (error) {
      reject(error);
      return undefined;
    }
  }

  #publish({ waiting, decision, at, revision }: Decided): void {
    if (decision.kind === "refused") {
      waiting.reject(decision.error);
      return;
    }
    if (revision !== undefined) {
      this.graph.apply(revision.changes);
      this.#revision = revision.revision;
      this.#lastAt.set(revision.origin, revision.at);
      for (const listener of this.#revisionListeners) listener(revision);
    }
    const changes = decision.present.flatMap((element) => {
      const change = this.graph.putVolatile(element.id, element.attributes);
      return change === undefined ? [] : [change];
    });
    if (changes.length > 0) for (const listener of this.#volatileListeners) listener({ at, changes });
    waiting.resolve(revision?.revision);
  }
}

function busy(): OperatorError {
  return new OperatorError({
    code: "recorder.busy",
    message: "more topology changes are waiting to be written than the recorder holds",
    hint: "send it again in a few seconds; if this lasts, the disk of the topology store is too slow",
    status: 503,
  });
}

function commitFailed(cause: unknown): OperatorError {
  return new OperatorError({
    code: "recorder.commit_failed",
    message: `the topology store failed: ${messageOf(cause)}`,
    hint: "look at the collector's log; nothing of that commit was recorded, agents send it again",
    status: 503,
  });
}

function stopped(): OperatorError {
  return new OperatorError({
    code: "recorder.stopped",
    message: "the collector is stopping",
    hint: "send it again when the collector is back",
    status: 503,
  });
}
