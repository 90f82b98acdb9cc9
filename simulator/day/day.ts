import type { Element } from "../../core/element.ts";
import type { MeshPlan } from "../../core/mesh.ts";
import { type Cloud, type Host, isSpeaking, type Vm } from "../cloud/cloud.ts";
import { clusterName, hostAt } from "../cloud/identity.ts";
import { elementsAroundMachine, hostElements } from "../elements/host-elements.ts";
import { bootIdOf } from "../elements/underlay-elements.ts";
import { metricLines, metricPoints } from "../metrics/metric-lines.ts";
import type { MetricSet } from "../metrics/metric-sets.ts";
import { randomOf } from "../random.ts";
import { scenarioNamed } from "../scenarios/registry.ts";
import type { Fault, Plan } from "../scenarios/scenario.ts";
import { type Act, touchedHosts } from "./act.ts";
import { Agenda } from "./agenda.ts";
import { type ChurnName, type ChurnRates, churnDelayMs, churnSteps, ORDINARY_DAY } from "./churn.ts";
import { elementDifference } from "./element-difference.ts";
import { happeningsOf } from "./events.ts";
import { type MeshLook, SimulatedMesh } from "./mesh.ts";
import { perform } from "./perform.ts";
import { saidEvents } from "./said-events.ts";
import type { Step } from "./step.ts";
import type { Memory, Utterance } from "./utterance.ts";

export interface DayOptions {
  readonly rates: ChurnRates;
  /** Churn ends after this long; undefined: never. */
  readonly churnForMs: number | undefined;
  /** Undefined: no metrics. */
  readonly metricsIntervalMs: number | undefined;
  /** Undefined: `usual`. */
  readonly metrics?: MetricSet | undefined;
  readonly scenarios: readonly ScheduledScenario[];
  /** Hears of each act as soon as it is performed, with the machine as it was before. */
  readonly witness?: ((done: Done) => void) | undefined;
}

/** An act that has been performed. */
export interface Done {
  readonly act: Act;
  /** Milliseconds since the cloud began. */
  readonly atMs: number;
  /** The machine as it was before; undefined for a new one and for acts on other things. */
  readonly before: Vm | undefined;
}

export interface ScheduledScenario {
  readonly name: string;
  /** Milliseconds after the cloud began. */
  readonly atMs: number;
}

/** A scenario that has begun. */
export interface Begun {
  readonly name: string;
  readonly beganMs: number;
  readonly faults: readonly Fault[];
}

type Item =
  | { readonly kind: "act"; readonly act: Act }
  | { readonly kind: "churn"; readonly name: ChurnName; readonly count: number }
  | { readonly kind: "scenario"; readonly name: string; readonly order: number }
  /** What an agent's probes have found out since. */
  | { readonly kind: "mesh"; readonly host: number }
  | { readonly kind: "sample"; readonly sampledMs: number; readonly part: number };

/** The hosts' samples of one moment are told one part after the other, over this share of the interval. */
const SAMPLE_PARTS = 20;
const SAMPLES_WITHIN = 0.4;

/** What happens in a cloud from its beginning on; always the same for the same cloud and options. */
export class Day {
  readonly #cloud: Cloud;
  readonly #options: DayOptions;
  readonly #agenda = new Agenda<Item>();
  readonly #mesh: SimulatedMesh;
  readonly #begun: Begun[] = [];

  /** Errors: OperatorError `simulate.scenario`. */
  constructor(cloud: Cloud, options: DayOptions) {
    this.#cloud = cloud;
    this.#options = options;
    this.#mesh = new SimulatedMesh(cloud);
    const { rates, scenarios, metricsIntervalMs } = options;
    for (const name of Object.keys(ORDINARY_DAY) as ChurnName[]) {
      const delayMs = churnDelayMs(cloud, name, rates, 0);
      if (delayMs !== undefined) this.#agenda.put(delayMs, { kind: "churn", name, count: 0 });
    }
    for (const [order, { name, atMs }] of scenarios.entries()) {
      this.#agenda.put(atMs, { kind: "scenario", name: scenarioNamed(name).name, order });
    }
    if (metricsIntervalMs !== undefined) this.#agenda.put(0, { kind: "sample", sampledMs: 0, part: 0 });
  }

  /** Scenarios that have begun so far, in their order. */
  get begun(): readonly Begun[] {
    return this.#begun;
  }

  /** Goes through what happens up to and including `untilMs` without a word: for a cloud that began earlier. */
  skipTo(untilMs: number): void {
    for (const { atMs, item } of this.#itemsUntil(untilMs)) {
      if (item.kind === "act") this.#perform(item.act, atMs);
      else this.#unfold(item, atMs);
    }
  }

  /** The collector has said whom a host's agent is to probe, `atMs` after the cloud began. */
  followMesh(host: string, plan: MeshPlan, atMs: number): void {
    this.#putLooks(this.#mesh.follow(host, plan, atMs));
  }

  #putLooks(looks: readonly MeshLook[]): void {
    for (const { host, atMs } of looks) this.#agenda.put(atMs, { kind: "mesh", host });
  }

  /** Every agent that speaks now. */
  *appearances(atMs: number): Generator<readonly Utterance[]> {
    for (const host of this.#cloud.hosts) if (isSpeaking(host)) yield [this.#appearance(host, atMs, "state")];
  }

  /**
   * All that is said up to and including `untilMs`, in its order. What belongs to one event comes together and is to
   * be heard together: in between, what `elements` of an appearance reads would be ahead of what was said.
   */
  *advance(untilMs: number): Generator<readonly Utterance[]> {
    for (const { atMs, item } of this.#itemsUntil(untilMs)) {
      const act = item.kind === "mesh" ? this.#mesh.unreachedBy(item.host, atMs) : undefined;
      if (act !== undefined) yield this.#say(act, atMs);
      if (item.kind === "act") yield this.#say(item.act, atMs);
      else {
        this.#unfold(item, atMs);
        if (item.kind === "sample") yield* this.#samples(item, atMs);
      }
    }
  }

  *#itemsUntil(untilMs: number): Generator<{ readonly atMs: number; readonly item: Item }> {
    for (;;) {
      const { nextMs } = this.#agenda;
      if (nextMs === undefined || nextMs > untilMs) return;
      const next = this.#agenda.take();
      if (next !== undefined) yield next;
    }
  }

  /** Puts on the agenda what follows from an item. */
  #unfold(item: Exclude<Item, { kind: "act" }>, atMs: number): void {
    switch (item.kind) {
      case "churn":
        this.#unfoldChurn(item, atMs);
        break;
      case "scenario":
        this.#beginScenario(item, atMs);
        break;
      case "sample":
        this.#nextSample(item);
        break;
      case "mesh":
        break;
    }
  }

  #unfoldChurn({ name, count }: Extract<Item, { kind: "churn" }>, atMs: number): void {
    const { rates, churnForMs } = this.#options;
    if (churnForMs !== undefined && atMs > churnForMs) return;
    this.#put(churnSteps(this.#cloud, name, count), atMs);
    const delayMs = churnDelayMs(this.#cloud, name, rates, count + 1);
    if (delayMs !== undefined) this.#agenda.put(atMs + delayMs, { kind: "churn", name, count: count + 1 });
  }

  #beginScenario({ name, order }: Extract<Item, { kind: "scenario" }>, atMs: number): void {
    const random = randomOf(this.#cloud.seed, "scenario", name, order);
    const plan: Plan | undefined = scenarioNamed(name).plan(this.#cloud, random);
    this.#begun.push({ name, beganMs: atMs, faults: plan?.faults ?? [] });
    this.#put(plan?.steps ?? [], atMs);
  }

  #put(steps: readonly Step[], atMs: number): void {
    for (const { afterMs, act } of steps) this.#agenda.put(atMs + afterMs, { kind: "act", act });
  }

  #nextSample({ sampledMs, part }: Extract<Item, { kind: "sample" }>): void {
    const intervalMs = this.#options.metricsIntervalMs ?? 0;
    const isLast = part === SAMPLE_PARTS - 1;
    const next = isLast ? { sampledMs: sampledMs + intervalMs, part: 0 } : { sampledMs, part: part + 1 };
    const atMs = Math.round(next.sampledMs + (next.part / SAMPLE_PARTS) * SAMPLES_WITHIN * intervalMs);
    this.#agenda.put(atMs, { kind: "sample", ...next });
  }

  *#samples({ sampledMs, part }: Extract<Item, { kind: "sample" }>, atMs: number): Generator<readonly Utterance[]> {
    const { metricsIntervalMs: intervalMs = 0, metrics = "usual" } = this.#options;
    const [cloud, moment] = [this.#cloud, { atMs: sampledMs, intervalMs }];
    for (let index = part; index < cloud.hosts.length; index += SAMPLE_PARTS) {
      const host = hostAt(cloud, index);
      if (!isSpeaking(host)) continue;
      const points = [...metricPoints(cloud, host, moment, metrics), ...this.#mesh.points(host, sampledMs)];
      yield [{ kind: "metrics", atMs, host: host.name, sampledMs, lines: metricLines(host, points, metrics) }];
    }
  }

  /** Undefined when it cannot happen any more. */
  #perform(act: Act, atMs: number): readonly Utterance[] | undefined {
    const happenings = happeningsOf(this.#cloud, act);
    const before = "vm" in act ? this.#cloud.vms.get(act.vm) : undefined;
    if (!perform(this.#cloud, act, atMs)) return undefined;
    this.#options.witness?.({ act, atMs, before });
    this.#putLooks(this.#mesh.performed(act, atMs));
    return saidEvents(this.#cloud, happenings, atMs);
  }

  /** Does it, and gives what the agents concerned say about it. */
  #say(act: Act, atMs: number): readonly Utterance[] {
    const cloud = this.#cloud;
    const concerned = "host" in act ? hostAt(cloud, act.host) : undefined;
    const spoke = concerned !== undefined && isSpeaking(concerned);
    const read = readerOf(cloud, act);
    const touched = [...new Set(touchedHosts(cloud, act))].map((index) => hostAt(cloud, index));
    const before = touched.map(read);
    const events = this.#perform(act, atMs);
    if (events === undefined) return [];
    const said: Utterance[] = [];
    const speaks = concerned !== undefined && isSpeaking(concerned);
    if (spoke && !speaks) {
      said.push({ kind: "falls-silent", atMs, host: concerned.name, how: act.kind === "agent" ? "stopped" : "cut" });
    }
    for (const [n, host] of touched.entries()) {
      const changes = elementDifference(before[n] ?? [], read(host));
      if (changes.length > 0) said.push({ kind: "changes", atMs, host: host.name, changes });
    }
    if (act.kind === "clock" && concerned !== undefined) {
      said.push({ kind: "clock", atMs, host: concerned.name, skewMs: act.skewMs });
    }
    if (!spoke && speaks) said.push(this.#appearance(concerned, atMs, act.kind === "reach" ? "kept" : "nothing"));
    return [...said, ...events];
  }

  #appearance(host: Host, atMs: number, memory: Memory): Utterance {
    const cloud = this.#cloud;
    return {
      kind: "appears",
      atMs,
      host: host.name,
      cluster: clusterName(cloud, host),
      bootId: bootIdOf(cloud, host),
      memory,
      elements: () => hostElements(cloud, host),
    };
  }
}

/** Reads as little of a host as the act can change: a machine's surroundings, or all. */
function readerOf(cloud: Cloud, act: Act): (host: Host) => readonly Element[] {
  if (!("vm" in act)) return (host) => hostElements(cloud, host);
  const network = act.kind === "boot" ? act.network : cloud.vms.get(act.vm)?.network;
  if (network === undefined) return () => [];
  return (host) => elementsAroundMachine(cloud, host, { vm: act.vm, network });
}
