import type { Element } from "../../core/element.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { GraphView } from "../live-graph.ts";
import type { Invariant, Judge, Subject, Verdict } from "./invariant.ts";
import { MemberIndex } from "./member-index.ts";

/**
 * What the elements that meet at a key must be to each other. A key is judged from its members, and from the elements
 * its members name with `looksAt`: nothing else may be read, else a change there would go unnoticed.
 */
export interface JoinRule extends Omit<Invariant, "judgeOf"> {
  /** The keys this element has a part in. */
  keysOf(element: Element): readonly Subject[];
  /** Elements that are read when a key of this one is judged; they need not exist. Only kinds of `reads` are noticed. */
  looksAt?(element: Element): readonly ElementId[];
  /** `members` by id, so that the order in which they came makes no difference. */
  wrongWith(members: readonly Element[], key: Subject, lookUp: LookUp): Verdict | undefined;
}

export type LookUp = (id: ElementId) => Element | undefined;

export function joinInvariant(rule: JoinRule): Invariant {
  const { keysOf: _keysOf, looksAt: _looksAt, wrongWith: _wrongWith, ...invariant } = rule;
  return { ...invariant, judgeOf: (view) => new JoinJudge(rule, view) };
}

const NONE: readonly never[] = [];

class JoinJudge implements Judge {
  readonly #rule: JoinRule;
  readonly #view: GraphView;
  readonly #members = new MemberIndex<ElementId>();
  /** The keys each element has a part in; one key, as most have, stands alone. */
  readonly #keys = new Map<ElementId, Subject | readonly Subject[]>();
  /** Who looks at an element, by that element's id. */
  readonly #lookers = new MemberIndex<ElementId>();
  readonly #lookedAt = new Map<ElementId, readonly ElementId[]>();

  constructor(rule: JoinRule, view: GraphView) {
    this.#rule = rule;
    this.#view = view;
  }

  take(id: ElementId, element: Element | undefined, touch: (subject: Subject) => void): void {
    this.#reindex(id, element, touch);
    if (this.#rule.looksAt === undefined) return;
    this.#relook(id, element, this.#rule.looksAt);
    for (const looker of this.#lookers.of(id)) for (const key of this.#keysOf(looker)) touch(key);
  }

  judge(key: Subject): Verdict | undefined {
    const members: Element[] = [];
    for (const id of this.#members.of(key)) {
      const element = this.#view.get(id);
      // The graph may be ahead of what was taken in; the change that explains it comes next.
      if (element !== undefined && this.#rule.reads[element.kind] !== undefined) members.push(element);
    }
    if (members.length === 0) return undefined;
    if (members.length > 1) members.sort((left, right) => (left.id < right.id ? -1 : 1));
    return this.#rule.wrongWith(members, key, (id) => this.#view.get(id));
  }

  #reindex(id: ElementId, element: Element | undefined, touch: (subject: Subject) => void): void {
    const before = this.#keysOf(id);
    const after = element === undefined ? NONE : this.#rule.keysOf(element);
    for (const key of before) {
      touch(key);
      if (!after.includes(key)) this.#members.delete(key, id);
    }
    for (const key of after) {
      touch(key);
      this.#members.add(key, id);
    }
    const [only] = after;
    if (only === undefined) this.#keys.delete(id);
    else this.#keys.set(id, after.length === 1 ? only : after);
  }

  #keysOf(id: ElementId): readonly Subject[] {
    const keys = this.#keys.get(id) ?? NONE;
    return typeof keys === "string" ? [keys] : keys;
  }

  #relook(id: ElementId, element: Element | undefined, looksAt: (element: Element) => readonly ElementId[]): void {
    const before = this.#lookedAt.get(id) ?? NONE;
    const after = element === undefined ? NONE : looksAt(element);
    for (const other of before) if (!after.includes(other)) this.#lookers.delete(other, id);
    for (const other of after) this.#lookers.add(other, id);
    if (after.length > 0) this.#lookedAt.set(id, after);
    else this.#lookedAt.delete(id);
  }
}
