import { type Element, isLink, type LinkKind, type NodeKind } from "../../../core/element.ts";
import type { ElementId } from "../../../core/element-id.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import type { Severity } from "../../api/alerts.ts";
import type { Layer } from "../app/view-search.ts";
import type { Atlas, BoxPlace, Place } from "../layout/atlas.ts";
import { cablePath } from "../layout/cables.ts";
import { BANDS, type BandName } from "../model/bands.ts";
import { type Condition, conditionOf, isNoise } from "../model/condition.ts";
import { bridgePortOf, type Contents } from "../model/contents.ts";
import type { DiffMark } from "../model/difference.ts";
import { matches } from "../model/filter.ts";
import { labelOf } from "./labels.ts";

/** Everything the map draws, in map units; nothing in it depends on the screen. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly SceneBand[];
  readonly boxes: readonly SceneBox[];
  readonly items: readonly SceneItem[];
  readonly cables: readonly SceneCable[];
}

export interface SceneBand {
  readonly name: BandName;
  readonly y: number;
  readonly height: number;
  readonly count: number;
}

interface Face {
  readonly id: string;
  readonly element: ElementId;
  readonly name: string;
  readonly label: string;
  readonly condition: Condition;
  /** Undefined outside a difference. */
  readonly diff: DiffMark | undefined;
  /** Number of attributes that differ. */
  readonly changes: number;
  readonly alert: Severity | undefined;
  readonly dimmed: boolean;
  readonly selected: boolean;
}

export interface SceneItem extends Face {
  readonly kind: NodeKind;
  readonly place: Place;
}

export interface SceneBox extends Face {
  readonly kind: NodeKind;
  readonly place: BoxPlace;
  readonly ports: number;
}

export interface SceneCable {
  readonly id: string;
  readonly kind: LinkKind;
  readonly from: ElementId;
  readonly to: ElementId;
  readonly path: string;
  /** It passes a band of boxes without ending there, and must not be taken for ending there. */
  readonly passes: boolean;
  readonly diff: DiffMark | undefined;
  readonly dimmed: boolean;
  readonly selected: boolean;
}

export interface SceneInput {
  readonly topology: Topology;
  readonly contents: Contents;
  readonly atlas: Atlas;
  readonly agentIsSilent: boolean;
  readonly hidden: ReadonlySet<Layer>;
  readonly query: string;
  readonly selected: ElementId | undefined;
  readonly alerts: ReadonlyMap<string, Severity>;
  readonly diff:
    | {
        readonly mark: (id: ElementId) => DiffMark;
        readonly counts: ReadonlyMap<ElementId, number>;
        readonly only: boolean;
      }
    | undefined;
}

export function buildScene(input: SceneInput): Scene {
  const { atlas, contents, hidden } = input;
  const boxes = contents.boxes.filter((box) => !hidden.has(box.band)).flatMap((box) => boxesOf(input, box));
  const items = itemsOf(input);
  return {
    width: atlas.width,
    height: atlas.height,
    bands: atlas.bands.map(({ name, y, height }) => ({ name, y, height, count: countIn(contents, name) })),
    boxes,
    items,
    cables: hidden.has("cables") ? [] : cablesOf(input),
  };
}

function countIn(contents: Contents, band: BandName): number {
  return contents.free[band].length + contents.boxes.filter((box) => box.band === band).length;
}

function boxesOf(input: SceneInput, box: Contents["boxes"][number]): readonly SceneBox[] {
  return [...input.atlas.boxes].flatMap(([key, place]) => {
    if (place.id !== box.node.id) return [];
    const face = faceOf(input, box.node, { key, name: box.node.name, width: place.width, letters: LETTERS.title });
    return [{ ...face, kind: box.node.kind, place, ports: box.items.length }];
  });
}

function itemsOf(input: SceneInput): readonly SceneItem[] {
  const { contents, atlas, hidden, topology } = input;
  const items: SceneItem[] = [];
  const add = ({ id, name }: { readonly id: ElementId; readonly name: string }): void => {
    const [place, element] = [atlas.places.get(id), topology.get(id)];
    if (place === undefined || element === undefined || hidden.has(place.band)) return;
    const kind = isLink(element) ? "port" : element.kind;
    items.push({
      ...faceOf(input, element, {
        key: id,
        name,
        width: place.width,
        letters: place.form === "card" ? LETTERS.card : LETTERS.small,
      }),
      kind,
      place,
    });
  };
  for (const nodes of Object.values(contents.free)) for (const node of nodes) add(node);
  for (const box of contents.boxes) for (const item of box.items) add(item);
  return items;
}

/** Mean width of a character, and what is kept free for the glyph before a name and a mark behind it, in px. */
const LETTERS = {
  card: { width: 6.5, glyph: 30, mark: 32 },
  small: { width: 5.6, glyph: 22, mark: 18 },
  title: { width: 6.8, glyph: 30, mark: 40 },
} as const;

function faceOf(
  input: SceneInput,
  element: Element,
  options: {
    readonly key: string;
    readonly name: string;
    readonly width: number;
    readonly letters: (typeof LETTERS)[keyof typeof LETTERS];
  },
): Face {
  const { key, name, width, letters } = options;
  const { diff } = input;
  const mark = diff?.mark(element.id);
  const condition = conditionOf(element, input.agentIsSilent);
  const hasMark = diff === undefined ? condition !== "up" : mark !== "unchanged";
  return {
    id: key,
    element: element.id,
    name,
    label: labelOf(name, Math.floor((width - letters.glyph - (hasMark ? letters.mark : 4)) / letters.width)),
    condition,
    diff: diff === undefined ? undefined : input.agentIsSilent && mark === "unchanged" ? "unknown" : mark,
    changes: diff?.counts.get(element.id) ?? 0,
    alert: input.alerts.get(element.id),
    dimmed: isDimmed(input, element, mark),
    selected: input.selected === element.id,
  };
}

function isDimmed(input: SceneInput, element: Element, mark: DiffMark | undefined): boolean {
  if (input.query.trim() !== "") return !matches(element, input.query);
  if (input.diff?.only === true) return mark === "unchanged";
  return input.hidden.has("noise") && isNoise(element);
}

function cablesOf(input: SceneInput): readonly SceneCable[] {
  const { atlas, contents, topology, selected, diff } = input;
  const cables: SceneCable[] = [];
  for (const link of contents.cables) {
    const port = bridgePortOf(link, contents.nodes);
    const from = atlas.places.get(port?.bridge === link.from ? link.id : link.from);
    const to = atlas.places.get(port?.bridge === link.to ? link.id : link.to);
    if (from === undefined || to === undefined || input.hidden.has(from.band) || input.hidden.has(to.band)) continue;
    const ends = [topology.get(link.from), topology.get(link.to)];
    const mark = diff?.mark(link.id);
    cables.push({
      id: link.id,
      kind: link.kind,
      from: link.from,
      to: link.to,
      path: cablePath(from, to, atlas.bands),
      passes: passesBoxes(from, to),
      diff: mark,
      dimmed: ends.some((end) => end === undefined || isDimmed(input, end, linkMark(mark, diff?.mark(end.id)))),
      selected: selected !== undefined && [link.id, link.from, link.to].includes(selected),
    });
  }
  return cables;
}

function passesBoxes(from: Place, to: Place): boolean {
  const [upper, lower] = [BANDS.indexOf(from.band), BANDS.indexOf(to.band)].sort((a, b) => a - b);
  return BANDS.slice((upper ?? 0) + 1, lower).some((band) => band === "bridges" || band === "namespaces");
}

/** A cable that changed is not dimmed for standing on an unchanged element. */
function linkMark(link: DiffMark | undefined, end: DiffMark | undefined): DiffMark | undefined {
  return link === undefined || link === "unchanged" ? end : link;
}
