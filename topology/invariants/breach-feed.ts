import type { Lifetime } from "../../core/lifetime.ts";
import type { GraphView } from "../live-graph.ts";
import type { Change } from "../model/change.ts";
import { recordingTurns } from "../recording-turns.ts";
import type { BreachSet, Since, Transition } from "./breach-set.ts";

/** Elements, changes or subjects between two looks at the clock; so many changes are small. */
const STEP = 64;
/** Past this the next batch is worked off before its recorder goes on, so that waiting changes are bounded. */
const MAX_WAITING_CHANGES = 200_000;

export interface FeedOptions {
  readonly set: BreachSet;
  readonly graph: GraphView;
  /** All that was there has been gone through; transitions come from now on. */
  onLoaded(): void;
  onTransition(transition: Transition): void;
  /** The transitions these changes made have been told. */
  onBatchDone(changes: readonly Change[]): void;
}

interface Batch {
  readonly changes: readonly Change[];
  readonly since: Since;
  taken: number;
}

/**
 * Feeds a breach set in the turns that recorders have: one batch of changes is taken in whole before anything is judged, so that
 * nobody sees half a revision. Small batches without others before them are through when `push` returns. Under a backlog the graph is ahead of the batch that
 * is worked on: a breach may then be put down to an earlier one of the revisions that touched it.
 */
export class BreachFeed {
  readonly #options: FeedOptions;
  readonly #lifetime: Lifetime;
  #batches: Batch[] = [];
  #waitingChanges = 0;
  #isLoaded = false;
  #isScheduled = false;

  constructor(options: FeedOptions, lifetime: Lifetime) {
    this.#options = options;
    this.#lifetime = lifetime;
  }

  get waitingChanges(): number {
    return this.#waitingChanges;
  }

  /** Changes the graph has already. */
  push(changes: readonly Change[], since: Since): void {
    this.#batches.push({ changes, since, taken: 0 });
    this.#waitingChanges += changes.length;
    if (!this.#isLoaded) {
      if (this.#waitingChanges > MAX_WAITING_CHANGES) while (this.#batches.length > 0) this.#takeSomeAndDrop();
    } else if (this.#waitingChanges > MAX_WAITING_CHANGES) this.#workUnless(() => false);
    else if (!this.#isScheduled) this.#workUnless(() => changes.length > STEP && recordingTurns.isOver());
  }

  /** Goes through all that is there. What changes meanwhile is taken in before anything is judged. */
  async load(since: Since): Promise<void> {
    const { set, graph } = this.#options;
    // Whoever made this feed has the time to listen first.
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#lifetime.isOver) return;
    for (const step of this.#loading(set, graph, since)) {
      if (step % STEP !== 0 || !recordingTurns.isOver()) continue;
      await recordingTurns.next();
      if (this.#lifetime.isOver) return;
    }
    this.#isLoaded = true;
    this.#options.onLoaded();
    this.#workForATurn();
  }

  *#loading(set: BreachSet, graph: GraphView, since: Since): Iterable<number> {
    let steps = 0;
    for (const element of graph.elements()) {
      set.takeElement(element, since);
      yield ++steps;
    }
    do {
      while (this.#batches.length > 0) {
        this.#takeSomeAndDrop();
        yield 0;
      }
      set.judge(STEP);
      yield 0;
    } while (set.pendingCount > 0 || this.#batches.length > 0);
  }

  #workForATurn(): void {
    this.#workUnless(() => recordingTurns.isOver());
  }

  /** Works until nothing is left, or it is time to go on in the next turn. */
  #workUnless(isTime: () => boolean): void {
    const { set } = this.#options;
    while (this.#batches.length > 0) {
      const [batch] = this.#batches;
      if (batch === undefined) break;
      if (batch.taken < batch.changes.length) this.#takeSome(batch);
      else if (set.pendingCount > 0) for (const one of set.judge(STEP)) this.#options.onTransition(one);
      else {
        this.#drop(batch);
        this.#options.onBatchDone(batch.changes);
      }
      if (this.#batches.length === 0 || !isTime()) continue;
      this.#goOnLater();
      return;
    }
  }

  #goOnLater(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    void recordingTurns.next().then(() => {
      this.#isScheduled = false;
      if (!this.#lifetime.isOver) this.#workForATurn();
    });
  }

  #takeSome(batch: Batch): void {
    const { changes, since, taken } = batch;
    batch.taken = Math.min(taken + STEP, changes.length);
    this.#options.set.take(
      taken === 0 && batch.taken === changes.length ? changes : changes.slice(taken, batch.taken),
      since,
    );
  }

  /** While loading nobody asks what became of a batch. */
  #takeSomeAndDrop(): void {
    const [batch] = this.#batches;
    if (batch === undefined) return;
    this.#takeSome(batch);
    if (batch.taken === batch.changes.length) this.#drop(batch);
  }

  #drop(batch: Batch): void {
    this.#batches.shift();
    this.#waitingChanges -= batch.changes.length;
  }
}
