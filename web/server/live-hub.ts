import type { Clock, EpochMs } from "../../core/clock.ts";
import { type ElementId, parseElementId } from "../../core/element-id.ts";
import { isRecord } from "../../core/json.ts";
import type { Change } from "../../topology/model/change.ts";
import type { Recorder } from "../../topology/recorder.ts";
import type { SubscribeReply } from "../api/live.ts";
import { LiveScope } from "./live-scope.ts";
import { type LiveSocket, LiveSubscriber } from "./live-subscriber.ts";

/** Changes within this time travel together. */
const COALESCE_MS = 40;
/** A larger state is to be looked at in parts. */
const MAX_FULL_ELEMENTS = 50_000;

/** Subscribers of one scope. */
interface Group {
  readonly scope: LiveScope;
  readonly subscribers: Map<LiveSocket, LiveSubscriber>;
}

/** Who looks at what: collects changes by scope and hands them on in numbered batches. */
export class LiveHub {
  readonly #recorders: ReadonlyMap<string, Recorder>;
  readonly #clock: Clock;
  /** By cluster and root. */
  readonly #groups = new Map<string, Group>();
  readonly #keys = new Map<LiveSocket, string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(recorders: ReadonlyMap<string, Recorder>, clock: Clock) {
    this.#recorders = recorders;
    this.#clock = clock;
  }

  subscribe(socket: LiveSocket, request: unknown): SubscribeReply {
    const wanted = parseSubscribe(request, this.#recorders);
    if (wanted.kind === "refused") return wanted;
    this.unsubscribe(socket);
    const key = JSON.stringify([wanted.recorder.cluster, wanted.root ?? null]);
    const group: Group = this.#groups.get(key) ?? {
      scope: new LiveScope(wanted.recorder, wanted.root),
      subscribers: new Map<LiveSocket, LiveSubscriber>(),
    };
    const { scope, subscribers } = group;
    this.#flush(group);
    const elements = scope.elements();
    if (elements.length > MAX_FULL_ELEMENTS) return tooLarge(elements.length);
    this.#groups.set(key, group);
    this.#keys.set(socket, key);
    subscribers.set(socket, new LiveSubscriber(socket));
    const { cluster } = scope.recorder;
    const revision = scope.recorder.revision();
    return { kind: "full", sequence: scope.sequence, cluster, revision, at: this.#clock.now(), elements };
  }

  unsubscribe(socket: LiveSocket): void {
    const key = this.#keys.get(socket);
    if (key === undefined) return;
    this.#keys.delete(socket);
    const group = this.#groups.get(key);
    group?.subscribers.delete(socket);
    if (group?.subscribers.size === 0) this.#groups.delete(key);
  }

  changed(recorder: Recorder, changes: readonly Change[], at: EpochMs): void {
    let isNews = false;
    for (const { scope } of this.#groups.values()) {
      if (scope.recorder === recorder && scope.add(changes, at)) isNews = true;
    }
    if (isNews) this.#flushSoon();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #flushSoon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      let isWaiting = false;
      for (const group of this.#groups.values()) if (this.#flush(group)) isWaiting = true;
      if (isWaiting) this.#flushSoon();
    }, COALESCE_MS);
  }

  /** Whether some subscriber could not take everything yet. */
  #flush({ scope, subscribers }: Group): boolean {
    const batch = scope.take();
    let isWaiting = false;
    for (const [socket, subscriber] of subscribers) {
      if (batch !== undefined) subscriber.push(batch);
      subscriber.flush();
      if (subscriber.isOver) this.unsubscribe(socket);
      else if (subscriber.isWaiting) isWaiting = true;
    }
    return isWaiting;
  }
}

type Wanted =
  | { readonly kind: "wanted"; readonly recorder: Recorder; readonly root: ElementId | undefined }
  | Extract<SubscribeReply, { kind: "refused" }>;

/** From outside: anything may be in it. */
function parseSubscribe(request: unknown, recorders: ReadonlyMap<string, Recorder>): Wanted {
  if (!isRecord(request)) return refused("live.request_invalid", "subscribe takes an object", FORM);
  if (request.at !== "live") return refused("live.request_invalid", "`at` is not `live`", FORM);
  const { cluster, root } = request;
  const [onlyOne, second] = recorders.values();
  const named = typeof cluster === "string" ? recorders.get(cluster) : undefined;
  const recorder = cluster === undefined || cluster === null ? (second === undefined ? onlyOne : undefined) : named;
  const clusters = `the clusters are: ${[...recorders.keys()].join(", ")}`;
  if (recorder === undefined) return refused("topology.cluster_unknown", "there is no such cluster", clusters);
  if (root === undefined || root === null) return { kind: "wanted", recorder, root: undefined };
  const rootId = typeof root === "string" ? parseElementId(root) : undefined;
  if (rootId === undefined) return refused("topology.id_invalid", "`root` is not the id of an element", FORM);
  return { kind: "wanted", recorder, root: rootId };
}

const FORM = 'subscribe with { at: "live", cluster?, root? }';

function tooLarge(count: number): SubscribeReply {
  return refused(
    "live.scope_too_large",
    `${count} elements are too many to follow at once, the limit is ${MAX_FULL_ELEMENTS}`,
    "give `root`, to follow a part",
  );
}

function refused(code: string, detail: string, hint: string): Extract<SubscribeReply, { kind: "refused" }> {
  return { kind: "refused", code, detail, hint };
}
