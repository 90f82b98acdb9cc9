import type { Clock, EpochMs } from "../../core/clock.ts";
import type { Change } from "../../topology/model/change.ts";
import type { CountDelta } from "../../topology/model/place-counts.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { CountsReply, SubscribeReply } from "../api/live.ts";
import { parseSubscribe, refused, type Wanted } from "./live-request.ts";
import { LiveRoutes } from "./live-routes.ts";
import { CountsScope, type LiveFilter, LiveScope } from "./live-scope.ts";
import type { LiveView } from "./live-session.ts";
import { type LiveBatch, type LiveSocket, LiveSubscriber } from "./live-subscriber.ts";

/** Changes within this time travel together. */
const COALESCE_MS = 40;
/** A larger state is to be looked at in parts. */
const MAX_FULL_ELEMENTS = 50_000;

/** Sends one batch to many connections, written out once. */
export type Broadcast = (sockets: readonly LiveSocket[], batch: LiveBatch) => void;

/** Subscribers of one view. */
interface Group {
  readonly key: string;
  readonly filter: LiveFilter;
  readonly view:
    | { readonly kind: "elements"; readonly scope: LiveScope }
    | { readonly kind: "counts"; readonly scope: CountsScope };
  readonly subscribers: Map<LiveSocket, LiveSubscriber>;
}

/** Who looks at what: collects changes by view and hands them on in numbered batches. */
export class LiveHub {
  readonly #recorders: ReadonlyMap<string, Recorder>;
  readonly #clock: Clock;
  readonly #broadcast: Broadcast;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<LiveSocket, Group>();
  readonly #routes = new Map<Recorder, LiveRoutes<Group>>();
  /** Groups with something to send. */
  readonly #due = new Set<Group>();
  #timer: NodeJS.Timeout | undefined;

  constructor(recorders: ReadonlyMap<string, Recorder>, clock: Clock, broadcast: Broadcast) {
    this.#recorders = recorders;
    this.#clock = clock;
    this.#broadcast = broadcast;
    for (const recorder of recorders.values()) this.#routes.set(recorder, new LiveRoutes(recorder));
  }

  subscribe(socket: LiveSocket, request: unknown): SubscribeReply | CountsReply {
    const wanted = parseSubscribe(request, this.#recorders);
    if (wanted.kind === "refused") return wanted;
    this.unsubscribe(socket);
    const group = this.#groups.get(keyOf(wanted)) ?? newGroup(wanted);
    this.#flush(group);
    const reply = this.#fullOf(group);
    if (reply.kind === "refused") return reply;
    if (!this.#groups.has(group.key)) {
      this.#groups.set(group.key, group);
      if (group.view.kind === "elements") this.#routes.get(wanted.recorder)?.add(group);
    }
    this.#groupOf.set(socket, group);
    group.subscribers.set(socket, new LiveSubscriber(socket));
    return reply;
  }

  unsubscribe(socket: LiveSocket): void {
    const group = this.#groupOf.get(socket);
    if (group === undefined) return;
    this.#groupOf.delete(socket);
    group.subscribers.delete(socket);
    if (group.subscribers.size > 0) return;
    this.#groups.delete(group.key);
    this.#due.delete(group);
    if (group.view.kind === "elements") this.#routes.get(group.view.scope.recorder)?.delete(group);
  }

  /** What a connection follows. */
  viewOf(socket: LiveSocket): LiveView | undefined {
    const group = this.#groupOf.get(socket);
    if (group === undefined) return undefined;
    const { filter, view } = group;
    const { cluster } = view.scope.recorder;
    if (view.kind === "counts") return { cluster, shows: "places" };
    const { root, depth, kinds } = filter;
    return { cluster, shows: "elements", root, depth, kinds: kinds && [...kinds].sort() };
  }

  changed(recorder: Recorder, changes: readonly Change[], at: EpochMs): void {
    const routes = this.#routes.get(recorder);
    if (routes === undefined || routes.isEmpty) return;
    for (const [group, change] of routes.route(changes)) {
      if (group.view.kind === "elements" && group.view.scope.add(change, at)) this.#due.add(group);
    }
    if (this.#due.size > 0) this.#flushSoon();
  }

  counted(recorder: Recorder, deltas: readonly CountDelta[], at: EpochMs): void {
    const group = this.#groups.get(countsKey(recorder));
    if (group?.view.kind !== "counts" || !group.view.scope.add(deltas, at)) return;
    this.#due.add(group);
    this.#flushSoon();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #fullOf({ view }: Group): SubscribeReply | CountsReply {
    const { recorder, sequence } = view.scope;
    const head = { sequence, cluster: recorder.cluster, revision: recorder.revision(), at: this.#clock.now() };
    if (view.kind === "counts") return { kind: "counts", ...head, places: Object.fromEntries(recorder.counts()) };
    const elements = view.scope.elements(MAX_FULL_ELEMENTS);
    return elements === undefined ? tooLarge() : { kind: "full", ...head, elements };
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const group of [...this.#due]) if (!this.#flush(group)) this.#due.delete(group);
      if (this.#due.size > 0) this.#flushSoon();
    }, COALESCE_MS);
  }

  /** Whether some subscriber could not take everything yet. */
  #flush(group: Group): boolean {
    const batch = batchOf(group);
    const ready: LiveSocket[] = [];
    let isWaiting = false;
    for (const [socket, subscriber] of group.subscribers) {
      if (batch !== undefined && subscriber.isCaughtUp) ready.push(socket);
      else if (batch !== undefined) subscriber.push(batch);
      subscriber.flush();
      if (subscriber.isOver) this.unsubscribe(socket);
      else if (subscriber.isWaiting) isWaiting = true;
    }
    if (batch !== undefined && ready.length > 0) this.#broadcast(ready, batch);
    return isWaiting;
  }
}

function newGroup(wanted: Exclude<Wanted, { kind: "refused" }>): Group {
  const { recorder } = wanted;
  const [key, subscribers] = [keyOf(wanted), new Map<LiveSocket, LiveSubscriber>()];
  if (wanted.kind === "counts") {
    return { key, filter: {}, view: { kind: "counts", scope: new CountsScope(recorder) }, subscribers };
  }
  const { filter } = wanted;
  return { key, filter, view: { kind: "elements", scope: new LiveScope(recorder, filter) }, subscribers };
}

function keyOf(wanted: Exclude<Wanted, { kind: "refused" }>): string {
  if (wanted.kind === "counts") return countsKey(wanted.recorder);
  const { root, depth, kinds } = wanted.filter;
  return JSON.stringify([wanted.recorder.cluster, root ?? null, depth ?? null, kinds && [...kinds].sort()]);
}

function countsKey({ cluster }: Recorder): string {
  return JSON.stringify([cluster, "counts"]);
}

function batchOf({ view }: Group): LiveBatch | undefined {
  if (view.kind === "elements") {
    const batch = view.scope.take();
    return batch && { event: "changes", batch };
  }
  const batch = view.scope.take();
  return batch && { event: "counts", batch };
}

function tooLarge(): SubscribeReply {
  return refused(
    "live.scope_too_large",
    `more than ${MAX_FULL_ELEMENTS} elements are too many to follow at once`,
    "give `root`, to follow a part, or `scope: { aggregate: true }`, to follow the counters of its places",
  );
}
