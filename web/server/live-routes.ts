import { type Element, isLink } from "../../core/element.ts";
import { type ElementId, hostId, ownerHostOf } from "../../core/element-id.ts";
import { type Change, changedId } from "../../topology/model/change.ts";
import type { Recorder } from "../../topology/recorder.ts";
import { elementsOnHost, isPlace } from "./live-part.ts";

/**
 * Whose change it is: finds the views a change concerns by the beginnings of its id and of its host's place, so that it
 * costs what concerns it and not how many look on.
 */
export class LiveRoutes<View extends { readonly filter: { readonly root?: ElementId | undefined } }> {
  readonly #recorder: Recorder;
  /** By root; "" for views of the whole cluster. */
  readonly #byRoot = new Map<string, Set<View>>();
  /** Of every host, while somebody looks at a place. */
  #places: Map<string, ElementId> | undefined;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
  }

  get isEmpty(): boolean {
    return this.#byRoot.size === 0;
  }

  add(view: View): void {
    const root = view.filter.root ?? "";
    const views = this.#byRoot.get(root) ?? new Set<View>();
    this.#byRoot.set(root, views.add(view));
    if (view.filter.root !== undefined && isPlace(view.filter.root)) this.#places ??= this.#placesNow();
  }

  delete(view: View): void {
    const root = view.filter.root ?? "";
    const views = this.#byRoot.get(root);
    views?.delete(view);
    if (views?.size === 0) this.#byRoot.delete(root);
    if (![...this.#byRoot.keys()].some((key) => key.startsWith("region/"))) this.#places = undefined;
  }

  /** Each change, once it is applied, with each view it is to be told to. */
  *route(changes: readonly Change[]): Generator<readonly [view: View, change: Change]> {
    const moves = this.#places === undefined ? [] : this.#movesIn(changes, this.#places);
    for (const { host, to } of moves) if (to !== undefined) this.#places?.set(host, to);
    for (const change of changes) yield* this.#routeOne(change);
    for (const move of moves) yield* this.#routeGone(changes, move);
    for (const { host, from, to } of moves) {
      if (to === undefined) this.#places?.delete(host);
      yield* this.#routeMove(host, from, to);
    }
  }

  *#routeOne(change: Change): Generator<readonly [View, Change]> {
    const id = changedId(change);
    const [hostBefore, hostAfter] = this.#places === undefined ? [] : this.#hostsOf(change);
    const after = this.#viewsOf(id, change, hostAfter);
    if (hostBefore === hostAfter) {
      for (const view of after) yield [view, change];
      return;
    }
    // It went from one host to another: gone for who looks at the one, new for who looks at the other.
    const before = this.#viewsOf(id, change, hostBefore);
    const element = this.#recorder.graph.get(id);
    for (const view of after) {
      if (before.has(view)) yield [view, change];
      else if (element !== undefined) yield [view, { kind: "add", element }];
    }
    for (const view of before) if (!after.has(view) && element !== undefined) yield [view, { kind: "remove", element }];
  }

  /** What is removed while its host moves is gone for who looked at it where the host was. */
  *#routeGone(changes: readonly Change[], { host, from }: HostMove): Generator<readonly [View, Change]> {
    const views = this.#viewsAt(from);
    if (views.size === 0) return;
    for (const change of changes) {
      if (change.kind !== "remove" || !this.#hostsOf(change).includes(host)) continue;
      for (const view of views) yield [view, change];
    }
  }

  *#routeMove(
    host: string,
    from: ElementId | undefined,
    to: ElementId | undefined,
  ): Generator<readonly [View, Change]> {
    const [left, entered] = [this.#viewsAt(from), this.#viewsAt(to)];
    const elements = [...elementsOnHost(this.#recorder.graph, host)];
    for (const view of left)
      if (!entered.has(view)) for (const element of elements) yield [view, { kind: "remove", element }];
    for (const view of entered)
      if (!left.has(view)) for (const element of elements) yield [view, { kind: "add", element }];
  }

  #viewsOf(id: ElementId, change: Change, host: string | undefined): Set<View> {
    const views = new Set(this.#byRoot.get(""));
    this.#addByPrefix(views, id);
    if (id.startsWith("derived/") && change.kind !== "update" && isLink(change.element)) {
      this.#addByPrefix(views, change.element.from);
    }
    const place = host === undefined ? undefined : this.#places?.get(host);
    if (place !== undefined) this.#addByPrefix(views, place);
    if (change.kind === "remove" && id.startsWith("derived/")) this.#addPlaceViews(views);
    return views;
  }

  /** A join goes right after what it joined, whose place may have changed or be gone; to miss nothing is no harm. */
  #addPlaceViews(views: Set<View>): void {
    for (const [root, at] of this.#byRoot) if (root.startsWith("region/")) for (const view of at) views.add(view);
  }

  #viewsAt(place: ElementId | undefined): Set<View> {
    const views = new Set<View>();
    if (place !== undefined) this.#addByPrefix(views, place);
    return views;
  }

  #addByPrefix(views: Set<View>, id: string): void {
    for (let end = id.indexOf("/"); end >= 0; end = id.indexOf("/", end + 1)) this.#addAt(views, id.slice(0, end));
    this.#addAt(views, id);
  }

  #addAt(views: Set<View>, root: string): void {
    for (const view of this.#byRoot.get(root) ?? []) views.add(view);
  }

  /** The host it was on, and the one it is on. */
  #hostsOf(change: Change): readonly [string | undefined, string | undefined] {
    if (change.kind !== "update") {
      const { element } = change;
      const source = isLink(element) && element.id.startsWith("derived/") ? element.from : element.id;
      const host = (isLink(element) ? undefined : element.host) ?? ownerHostOf(source);
      return [host, host];
    }
    const host = hostOf(this.#recorder.graph.get(change.id)) ?? ownerHostOf(change.id);
    if (!("@host" in change.before) && !("@host" in change.after)) return [host, host];
    const before = change.before["@host"];
    return [typeof before === "string" ? before : undefined, host];
  }

  /** Hosts that have come to another place, to their first, or are gone. */
  #movesIn(changes: readonly Change[], places: ReadonlyMap<string, ElementId>): readonly HostMove[] {
    return changes.flatMap((change): readonly HostMove[] => {
      const kind = change.kind === "update" ? change.subject.kind : change.element.kind;
      const host = kind === "host" ? ownerHostOf(changedId(change)) : undefined;
      if (host === undefined) return [];
      const [from, to] = [places.get(host), parentOf(this.#recorder.graph.get(hostId(host)))];
      return from === to ? [] : [{ host, from, to }];
    });
  }

  #placesNow(): Map<string, ElementId> {
    const { graph } = this.#recorder;
    const places = new Map<string, ElementId>();
    for (const id of graph.ofKind("host")) {
      const [host, place] = [ownerHostOf(id), parentOf(graph.get(id))];
      if (host !== undefined && place !== undefined) places.set(host, place);
    }
    return places;
  }
}

interface HostMove {
  readonly host: string;
  readonly from: ElementId | undefined;
  readonly to: ElementId | undefined;
}

function hostOf(element: Element | undefined): string | undefined {
  return element === undefined || isLink(element) ? undefined : element.host;
}

function parentOf(element: Element | undefined): ElementId | undefined {
  return element === undefined || isLink(element) ? undefined : element.parent;
}
