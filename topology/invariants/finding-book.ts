import type { EpochMs } from "../../core/clock.ts";
import type { ElementId } from "../../core/element-id.ts";
import type { GraphView } from "../live-graph.ts";
import { sameValue } from "../model/change.ts";
import type { Breach, Transition } from "./breach-set.ts";
import { DueWheel } from "./due-wheel.ts";
import { type Finding, type FindingEvent, findingIdOf, hostsOf } from "./finding.ts";
import type { InvariantName } from "./invariant.ts";
import { MemberIndex } from "./member-index.ts";
import { isMigrating, MIGRATION_RECHECK_MS, type Upheavals } from "./upheaval.ts";

/** However much goes on around it, what is broken this long is broken. */
export const MAX_SETTLE_MS = 60 * 60_000;

/** One moment, for durations and for people. */
export interface Instant {
  readonly monotonicMs: number;
  readonly at: EpochMs;
}

export interface BookTerms {
  readonly graph: GraphView;
  readonly upheavals: Upheavals;
  settleMsOf(invariant: InvariantName): number;
}

interface Entry {
  finding: Finding;
  hosts: ReadonlySet<string>;
  /** The breach as it is now, also while the finding stands still because of a silent agent; undefined: it has ended. */
  breach: Breach | undefined;
  readonly openedMs: number;
  dueMs: number;
  /** Kept over a restart without what it rests on: unknown until one of its elements is heard of. */
  awaitsNews: boolean;
}

/**
 * What becomes of breaches in time. Nothing here waits: the caller says what time it is and acts on the events.
 * Laws: `began` and `ended` of a finding alternate; `standing` comes at most once between them and never before the
 * settle time; while an agent is silent nothing about its host begins or ends.
 */
export class FindingBook {
  readonly #terms: BookTerms;
  readonly #open = new Map<string, Entry>();
  /** Broken while the agent is silent: findings only once it speaks. */
  readonly #held = new Map<string, Breach>();
  /** Open and held ones, by host. */
  readonly #byHost = new MemberIndex<string>();
  readonly #awaiting = new MemberIndex<string>();
  readonly #due = new DueWheel<string>();
  readonly #silent = new Set<string>();

  constructor(terms: BookTerms) {
    this.#terms = terms;
  }

  get size(): number {
    return this.#open.size;
  }

  get(id: string): Finding | undefined {
    return this.#open.get(id)?.finding;
  }

  *findings(): Iterable<Finding> {
    for (const { finding } of this.#open.values()) yield finding;
  }

  nextDueMs(): number | undefined {
    return this.#due.nextDueMs();
  }

  /**
   * After a start: breaches found in the graph and what was kept of findings. What stood stands on; what was settling
   * settles anew, since nobody watched meanwhile; what was kept and is no breach has ended, unless its invariant rests on
   * what a restart forgets (`isForgetful`): that is unknown until one of its elements is heard of.
   */
  restore(
    breaches: Iterable<Breach>,
    kept: Iterable<Finding>,
    isForgetful: (invariant: InvariantName) => boolean,
    now: Instant,
  ): readonly FindingEvent[] {
    const known = new Map(Array.from(kept, (finding) => [finding.id, finding]));
    const events: FindingEvent[] = [];
    for (const breach of breaches) {
      const id = findingIdOf(breach.invariant, breach.subject);
      const finding = known.get(id);
      known.delete(id);
      if (finding === undefined) events.push(...this.#begin(breach, now));
      else this.#enter({ ...finding, ...factsOf(breach), since: finding.since }, breach, now);
    }
    for (const finding of known.values()) {
      const isThere = finding.elements.some((id) => this.#terms.graph.get(id) !== undefined);
      const isUnheard = isThere && (isForgetful(finding.invariant) || this.#isSilent(hostsOf(finding.elements)));
      if (isUnheard) this.#enter(finding, undefined, now, isForgetful(finding.invariant));
      else events.push({ kind: "ended", finding: { ...finding, endedAt: now.at } });
    }
    return events;
  }

  apply(transition: Transition, now: Instant): readonly FindingEvent[] {
    const { breach } = transition;
    const id = findingIdOf(breach.invariant, breach.subject);
    const entry = this.#open.get(id);
    if (transition.kind === "ended") {
      this.#release(id);
      if (entry === undefined) return [];
      entry.breach = undefined;
      return entry.finding.isUnknown ? [] : this.#end(entry, transition.at.at);
    }
    if (entry === undefined) return this.#begin(breach, now);
    entry.breach = breach;
    return entry.finding.isUnknown ? [] : this.#refresh(entry, now);
  }

  /** An agent fell silent, or speaks again. */
  silence(host: string, isSilent: boolean, now: Instant): readonly FindingEvent[] {
    if (this.#silent.has(host) === isSilent) return [];
    if (isSilent) this.#silent.add(host);
    else this.#silent.delete(host);
    return [...this.#byHost.of(host)].flatMap((id) => {
      const [entry, held] = [this.#open.get(id), this.#held.get(id)];
      if (held !== undefined) return this.#begin(held, now);
      return entry === undefined ? [] : this.#refresh(entry, now);
    });
  }

  /** Something was said of an element: what was kept over a restart and waited for that is known again. */
  heard(element: ElementId, now: Instant): readonly FindingEvent[] {
    return [...this.#awaiting.of(element)].flatMap((id) => {
      const entry = this.#open.get(id);
      if (entry === undefined) return [];
      for (const other of entry.finding.elements) this.#awaiting.delete(other, id);
      entry.awaitsNews = false;
      return this.#refresh(entry, now);
    });
  }

  /** Lets at most `limit` findings become standing whose time has come. */
  advance(now: Instant, limit = Number.POSITIVE_INFINITY): readonly FindingEvent[] {
    return this.#due.take(now.monotonicMs, limit).flatMap((id) => {
      const entry = this.#open.get(id);
      const isOver = entry === undefined || entry.finding.state === "standing" || entry.finding.isUnknown;
      if (isOver || entry.dueMs > now.monotonicMs) return [];
      const until = Math.min(this.#settlesUntilMs(entry, now), entry.openedMs + MAX_SETTLE_MS);
      if (until > now.monotonicMs) {
        this.#wait(entry, until);
        return [];
      }
      entry.finding = { ...entry.finding, state: "standing", standingAt: now.at };
      return [{ kind: "standing", finding: entry.finding }];
    });
  }

  #begin(breach: Breach, now: Instant): readonly FindingEvent[] {
    const id = findingIdOf(breach.invariant, breach.subject);
    this.#release(id);
    const hosts = hostsOf(breach.elements);
    if (this.#isSilent(hosts)) {
      this.#held.set(id, breach);
      for (const host of hosts) this.#byHost.add(host, id);
      return [];
    }
    const { invariant, subject, since } = breach;
    const finding: Finding = { id, invariant, subject, ...factsOf(breach), since, state: "settling", isUnknown: false };
    return [{ kind: "began", finding: this.#enter(finding, breach, now) }];
  }

  #enter(finding: Finding, breach: Breach | undefined, now: Instant, awaitsNews = false): Finding {
    const hosts = hostsOf(finding.elements);
    const entered: Finding = { ...finding, isUnknown: awaitsNews || this.#isSilent(hosts) };
    const entry: Entry = { finding: entered, hosts, breach, openedMs: now.monotonicMs, dueMs: 0, awaitsNews };
    this.#open.set(finding.id, entry);
    for (const host of hosts) this.#byHost.add(host, finding.id);
    if (awaitsNews) for (const element of finding.elements) this.#awaiting.add(element, finding.id);
    if (finding.state === "settling") this.#settle(entry, now);
    return entered;
  }

  /** Brings a finding in line with its breach and with who is silent. */
  #refresh(entry: Entry, now: Instant): readonly FindingEvent[] {
    const { breach, finding } = entry;
    const isUnknown = entry.awaitsNews || this.#isSilent(breach === undefined ? entry.hosts : hostsOf(breach.elements));
    if (!isUnknown && breach === undefined) return this.#end(entry, now.at);
    const facts = isUnknown || breach === undefined ? {} : factsOf(breach);
    entry.finding = { ...finding, ...facts, isUnknown };
    this.#placeAt(entry, hostsOf([...entry.finding.elements, ...(breach?.elements ?? [])]));
    if (finding.isUnknown && !isUnknown && finding.state === "settling") this.#settle(entry, now);
    return isSame(finding, entry.finding) ? [] : [{ kind: "changed", finding: entry.finding }];
  }

  #end(entry: Entry, at: EpochMs): readonly FindingEvent[] {
    const { id } = entry.finding;
    this.#open.delete(id);
    this.#placeAt(entry, new Set());
    return [{ kind: "ended", finding: { ...entry.finding, isUnknown: false, endedAt: at } }];
  }

  #release(id: string): void {
    const held = this.#held.get(id);
    if (held === undefined) return;
    this.#held.delete(id);
    for (const host of hostsOf(held.elements)) this.#byHost.delete(host, id);
  }

  #placeAt(entry: Entry, hosts: ReadonlySet<string>): void {
    for (const host of entry.hosts) if (!hosts.has(host)) this.#byHost.delete(host, entry.finding.id);
    for (const host of hosts) this.#byHost.add(host, entry.finding.id);
    entry.hosts = hosts;
  }

  #settle(entry: Entry, now: Instant): void {
    this.#wait(entry, now.monotonicMs + this.#terms.settleMsOf(entry.finding.invariant));
  }

  #wait(entry: Entry, dueMs: number): void {
    entry.dueMs = dueMs;
    this.#due.add(entry.finding.id, dueMs);
  }

  #settlesUntilMs({ finding, hosts }: Entry, now: Instant): number {
    const calm = [...hosts].map((host) => this.#terms.upheavals.untilMs(host));
    const moving = isMigrating(this.#terms.graph, finding.elements) ? now.monotonicMs + MIGRATION_RECHECK_MS : 0;
    return Math.max(moving, ...calm);
  }

  #isSilent(hosts: Iterable<string>): boolean {
    for (const host of hosts) if (this.#silent.has(host)) return true;
    return false;
  }
}

function factsOf({ elements, level, detail }: Breach): Pick<Finding, "elements" | "level" | "detail"> {
  return { elements, level, detail };
}

function isSame(left: Finding, right: Finding): boolean {
  return (
    left.isUnknown === right.isUnknown &&
    left.level === right.level &&
    left.detail === right.detail &&
    sameValue(left.elements, right.elements)
  );
}
