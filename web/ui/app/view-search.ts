import type { EpochMs } from "../../../core/clock.ts";
import { type ElementId, parseElementId } from "../../../core/element-id.ts";
import { BANDS } from "../model/bands.ts";
import { MAX_SPAN_MS, MIN_SPAN_MS, type ViewClock } from "../model/view-clock.ts";

/** What can be left off the map: a band, the cables, or what says little. */
export const LAYERS = [...BANDS, "cables", "noise"] as const;
export type Layer = (typeof LAYERS)[number];

/** What the page Capacity can show. */
export const CAPACITY_VIEWS = ["overview", "hosts", "projects", "subnets", "peaks"] as const;
export type CapacityView = (typeof CAPACITY_VIEWS)[number];

/** Everything of the topology page that a link carries. */
export interface ViewSearch {
  readonly cluster?: string | undefined;
  readonly host?: string | undefined;
  /** The selected element. */
  readonly sel?: ElementId | undefined;
  /** The past moment shown; live without it. */
  readonly at?: EpochMs | undefined;
  /** Pins; with both, their difference is shown. */
  readonly a?: EpochMs | undefined;
  readonly b?: EpochMs | undefined;
  /** Length and end of the time bar's window. */
  readonly span?: number | undefined;
  readonly end?: EpochMs | undefined;
  readonly hide?: readonly Layer[] | undefined;
  readonly view?: "table" | undefined;
  readonly only?: true | undefined;
  readonly cap?: CapacityView | undefined;
}

/** Reads the address bar: what does not make sense is left out, never an error. */
export function parseViewSearch(raw: Record<string, unknown>): ViewSearch {
  return {
    cluster: textOf(raw.cluster),
    host: textOf(raw.host),
    sel: typeof raw.sel === "string" ? parseElementId(raw.sel) : undefined,
    at: instantOf(raw.at),
    a: instantOf(raw.a),
    b: instantOf(raw.b),
    span: spanOf(raw.span),
    end: instantOf(raw.end),
    hide: layersOf(raw.hide),
    view: raw.view === "table" ? "table" : undefined,
    only: raw.only === true ? true : undefined,
    cap: CAPACITY_VIEWS.find((view) => view === raw.cap),
  };
}

export function clockOf(search: ViewSearch): ViewClock {
  const { a, b, at } = search;
  if (a !== undefined && b !== undefined) return { kind: "diff", a, b };
  return at === undefined ? { kind: "live" } : { kind: "past", at };
}

/** The part of the address that goes back to now; window length, host and layers stay. */
export const LIVE: Partial<ViewSearch> = {
  at: undefined,
  a: undefined,
  b: undefined,
  end: undefined,
  only: undefined,
};

function textOf(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" && value.length <= 255 ? value : undefined;
}

/** Year 2286 at most: a number past it is no instant of ours. */
const LAST_INSTANT = 1e13;

function instantOf(value: unknown): EpochMs | undefined {
  const number = typeof value === "string" ? Date.parse(value) : value;
  return typeof number === "number" && number > 0 && number < LAST_INSTANT
    ? (Math.round(number) as EpochMs)
    : undefined;
}

function spanOf(value: unknown): number | undefined {
  return typeof value === "number" && value >= MIN_SPAN_MS && value <= MAX_SPAN_MS ? Math.round(value) : undefined;
}

function layersOf(value: unknown): readonly Layer[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const layers = LAYERS.filter((layer) => value.includes(layer));
  return layers.length === 0 ? undefined : layers;
}
