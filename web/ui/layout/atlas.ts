import { BANDS, type BandName } from "../model/bands.ts";
import type { Box, Contents } from "../model/contents.ts";
import { inPlacingOrder } from "./order.ts";
import { boxShapeFor, planBands } from "./plan.ts";
import { BAND, BOX, type BoxShape, type CellSize, type Form, fitHeight, type Rect } from "./shapes.ts";

/**
 * Where everything of one host stands. An atlas only ever grows: whoever was given a place keeps it, also after it is
 * gone, so that live view, past and difference agree and nothing on the map moves when something comes or goes.
 */
export interface Atlas {
  readonly width: number;
  readonly height: number;
  readonly bands: readonly BandPlan[];
  /** By element id. */
  readonly places: ReadonlyMap<string, Place>;
  /** By box key: the node's id, and for the boxes a full one is continued in, `<id>#2`, `<id>#3` … */
  readonly boxes: ReadonlyMap<string, BoxPlace>;
}

export interface Place extends Rect {
  readonly form: Form;
  readonly band: BandName;
  /** Key of the box it stands in. */
  readonly box?: string | undefined;
  /** Row and number of rows of the grid it stands in, for cables that must pass the other rows. */
  readonly row: number;
  readonly rows: number;
}

export interface BoxPlace extends Rect {
  readonly id: string;
  readonly band: BandName;
  readonly shape: BoxShape;
  readonly used: number;
  /** 1 for the box itself, 2 for its first continuation. */
  readonly part: number;
}

/**
 * The room of one band, decided once: its height never changes, and it grows to the right. Slots are given out column
 * by column, so that what hangs on neighbouring ports stands together.
 */
export interface BandPlan {
  readonly name: BandName;
  readonly y: number;
  readonly height: number;
  readonly cell: CellSize;
  readonly rows: number;
  /** Slots given to what stands alone. */
  readonly used: number;
  readonly shelves: readonly Shelf[];
}

export interface Shelf {
  readonly y: number;
  readonly height: number;
  /** Where the next box goes. */
  readonly cursor: number;
}

/** The atlas with a place for everything in `contents`. Without an atlas, a new one is laid out for these contents. */
export function place(atlas: Atlas | undefined, contents: Contents): Atlas {
  if (atlas !== undefined && holdsAll(atlas, contents)) return atlas;
  const ordered = inPlacingOrder(contents);
  const base = atlas ?? openAtlas(ordered);
  const draft: Draft = {
    width: base.width,
    bands: new Map(base.bands.map((band) => [band.name, band])),
    places: new Map(base.places),
    boxes: new Map(base.boxes),
  };
  for (const box of ordered.boxes) placeBox(draft, box);
  for (const band of BANDS) {
    for (const node of ordered.free[band]) if (!draft.places.has(node.id)) placeFree(draft, band, node.id);
  }
  return { ...base, width: draft.width, bands: [...draft.bands.values()], places: draft.places, boxes: draft.boxes };
}

interface Draft {
  width: number;
  readonly bands: Map<BandName, BandPlan>;
  readonly places: Map<string, Place>;
  readonly boxes: Map<string, BoxPlace>;
}

function openAtlas(contents: Contents): Atlas {
  const { width, bands } = planBands(contents);
  const height = bands.reduce((bottom, band) => Math.max(bottom, band.y + band.height), 0);
  return { width, height, bands, places: new Map(), boxes: new Map() };
}

function holdsAll(atlas: Atlas, contents: Contents): boolean {
  const hasBoxes = contents.boxes.every((box) => atlas.boxes.has(box.node.id));
  const hasItems = contents.boxes.every((box) => box.items.every((item) => atlas.places.has(item.id)));
  return hasBoxes && hasItems && BANDS.every((band) => contents.free[band].every((node) => atlas.places.has(node.id)));
}

function placeFree(draft: Draft, name: BandName, id: string): void {
  const band = bandOfDraft(draft, name);
  const { rows, cell, used } = band;
  const [column, row] = [Math.floor(used / rows), used % rows];
  const x = column * cell.pitchX;
  const y = band.y + BAND.paddingTop + row * cell.pitchY;
  draft.places.set(id, { x, y, width: cell.width, height: cell.height, form: cell.form, band: name, row, rows });
  draft.bands.set(name, { ...band, used: used + 1 });
  draft.width = Math.max(draft.width, x + cell.width);
}

function placeBox(draft: Draft, box: Box): void {
  if (!draft.boxes.has(box.node.id)) openBox(draft, box, 1, boxShapeFor(box, draft.width));
  for (const item of box.items) {
    if (draft.places.has(item.id)) continue;
    const [key, room] = roomIn(draft, box);
    draft.places.set(item.id, slotOf(key, room));
    draft.boxes.set(key, { ...room, used: room.used + 1 });
  }
}

/** The first box of this element with a free slot; a new continuation when all are full. */
function roomIn(draft: Draft, box: Box): readonly [string, BoxPlace] {
  for (let part = 1; ; part++) {
    const key = boxKey(box.node.id, part);
    const room = draft.boxes.get(key) ?? openBox(draft, box, part, boxShapeFor({ ...box, items: [] }, draft.width));
    if (room.used < room.shape.columns * room.shape.rows) return [key, room];
  }
}

function openBox(draft: Draft, box: Box, part: number, wanted: BoxShape): BoxPlace {
  const band = bandOfDraft(draft, box.band);
  const index = chooseShelf(band.shelves, wanted, draft.width);
  const shelf = band.shelves[index] ?? { y: BAND.paddingTop, height: wanted.height, cursor: 0 };
  const shape = fitHeight(wanted, shelf.height, box.node.name);
  const { width, height } = shape;
  const opened: BoxPlace = {
    id: box.node.id,
    band: box.band,
    shape,
    used: 0,
    part,
    x: shelf.cursor,
    y: band.y + shelf.y,
    width,
    height,
  };
  const shelves = band.shelves.with(index, { ...shelf, cursor: shelf.cursor + width + BOX.gapX });
  draft.bands.set(box.band, { ...band, shelves });
  draft.boxes.set(boxKey(box.node.id, part), opened);
  draft.width = Math.max(draft.width, shelf.cursor + width);
  return opened;
}

/** The first shelf with room; else the one that ends furthest to the left. */
export function chooseShelf(shelves: readonly Shelf[], shape: BoxShape, maxWidth: number): number {
  const fitting = shelves.findIndex(({ height, cursor }) => height >= shape.height && cursor + shape.width <= maxWidth);
  if (fitting >= 0) return fitting;
  return shelves.reduce((best, shelf, index) => (shelf.cursor < (shelves[best]?.cursor ?? 0) ? index : best), 0);
}

function slotOf(key: string, box: BoxPlace): Place {
  const { cell, rows } = box.shape;
  const [column, row] = [Math.floor(box.used / rows), box.used % rows];
  return {
    x: box.x + BOX.padding + column * cell.pitchX,
    y: box.y + BOX.header + row * cell.pitchY,
    width: cell.width,
    height: cell.height,
    form: cell.form,
    band: box.band,
    box: key,
    row,
    rows,
  };
}

function boxKey(id: string, part: number): string {
  return part === 1 ? id : `${id}#${part}`;
}

function bandOfDraft(draft: Draft, name: BandName): BandPlan {
  const band = draft.bands.get(name);
  if (band === undefined) throw new Error(`the atlas has no band ${name}`);
  return band;
}
