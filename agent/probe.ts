import type { EpochMs } from "../core/clock.ts";
import type { Attributes, Element } from "../core/element.ts";
import type { ElementId } from "../core/element-id.ts";
import type { HostEvent } from "../core/host-event.ts";
import type { Point } from "../core/line-protocol.ts";
import type { KernelSnapshot } from "./topology/kernel-elements.ts";

/** Everything a host can tell is a probe; a host without Open vSwitch simply has no session of that probe. */
export interface Probe {
  /** As in the label `probe` and in the host's attribute `sources`: `libvirt`, `openvswitch`. */
  readonly name: string;
  /**
   * Looks for the source and opens it. Undefined when it is absent here: that is a fact about the host, not an error. Throws
   * an OperatorError when it is there and cannot be read. Either way it is asked again after a while.
   */
  detect(context: ProbeContext): Promise<ProbeSession | undefined>;
}

/** What a session may use while it lasts. */
export interface ProbeContext {
  /** Aborted when the session is over, for whatever reason; the session then closes what it opened. */
  readonly signal: AbortSignal;
  /** To be called when what `contribute` gives has changed. */
  changed(): void;
  report(event: HostEvent): void;
  /** What all probes said last of this host's elements; for joining what different sources say. Asked within `contribute`, too. */
  elements(): ReadonlyMap<ElementId, Element>;
}

/** One source from the moment it was found until it is gone. What it cannot say it leaves out. */
export interface ProbeSession {
  /**
   * Hands over the metrics of this moment. A source that has to be asked answers with a promise; what it hands over after the
   * sampler's deadline is dropped, and it is not asked again before it has settled. It never holds the event loop for more
   * than 20 ms: whoever reads many files does it in turns.
   */
  sample?(at: EpochMs, sink: PointSink): void | Promise<void>;
  /** What it says of the topology as it is now; asked whenever any probe says that something changed. Cheap, and pure. */
  contribute?(view: HostView): Contribution;
  /**
   * Settles with the reason when the source is gone (its daemon was restarted); it is then looked for again. Until it is back, what
   * it said last of the topology stands: a switch whose database restarts goes on forwarding. Undefined: never goes.
   */
  readonly ended?: Promise<string>;
}

/** Takes a point without the tag `host`, which the sampler adds. */
export type PointSink = (point: Point) => void;

/** What the kernel says of this host, for whoever hangs something on it. */
export interface HostView {
  readonly host: string;
  /** Undefined before the first reading, and where `ip` is missing. */
  readonly kernel: KernelSnapshot | undefined;
}

export interface Contribution {
  /** Below `host/<host>/…`, without the cluster, which the session adds. */
  readonly elements: readonly Element[];
  /** Attributes of elements that another source tells: of the host, of a namespace, of an interface. Left out where there is no such element. */
  readonly attributes?: ReadonlyMap<ElementId, Attributes>;
}
