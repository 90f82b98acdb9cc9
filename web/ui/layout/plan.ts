import { BANDS, type BandName } from "../model/bands.ts";
import type { Box, Contents } from "../model/contents.ts";
import type { BandPlan, Shelf } from "./atlas.ts";
import {
  BAND,
  BOX,
  type BoxShape,
  bridgeShape,
  CARD,
  CARDS_AT_MOST,
  COMPACT,
  namespaceShape,
  PORT,
  worldWidth,
} from "./shapes.ts";

/** The room every band gets when a host is opened. A band without contents keeps room for what may come. */
export function planBands(contents: Contents): { readonly width: number; readonly bands: readonly BandPlan[] } {
  const free = BANDS.reduce((sum, band) => sum + contents.free[band].length, 0);
  const boxed = contents.boxes.reduce((sum, box) => sum + box.items.length + 1, 0);
  const width = worldWidth(free + boxed);
  const bands: BandPlan[] = [];
  let y = 0;
  for (const name of BANDS) {
    const band = planBand(name, y, width, contents);
    bands.push(band);
    y += band.height + BAND.gap;
  }
  return { width, bands };
}

export function boxShapeFor(box: Box, maxWidth: number): BoxShape {
  return box.band === "bridges"
    ? bridgeShape(box.node.name, box.items.length, box.node.kind === "ovs-bridge", maxWidth)
    : namespaceShape(box.node.name, box.items.length);
}

function planBand(name: BandName, y: number, width: number, contents: Contents): BandPlan {
  const alone = contents.free[name].length;
  const cell = alone > CARDS_AT_MOST ? COMPACT : CARD;
  const columns = Math.floor((width + cell.pitchX - cell.width) / cell.pitchX);
  const rows = Math.ceil((alone + 1) / columns);
  const shelves = planShelves(name, contents, width);
  const last = shelves.at(-1);
  const inner =
    last === undefined ? rows * cell.pitchY - (cell.pitchY - cell.height) : last.y - BAND.paddingTop + last.height;
  const height = BAND.paddingTop + inner + BAND.paddingBottom;
  return { name, y, height: Math.ceil(height / 4) * 4, cell, rows, used: 0, shelves };
}

/** Shelves for the boxes there are now, first fit in the order of `contents.boxes`. */
function planShelves(name: BandName, contents: Contents, width: number): readonly Shelf[] {
  if (name !== "bridges" && name !== "namespaces") return [];
  const shapes = contents.boxes.filter((box) => box.band === name).map((box: Box) => boxShapeFor(box, width));
  const shelves: Shelf[] = [];
  for (const shape of shapes.length > 0 ? shapes : [emptyShape(name)]) {
    const index = shelves.findIndex((shelf) => shelf.height >= shape.height && shelf.cursor + shape.width <= width);
    const shelf = shelves[index];
    const previous = shelves.at(-1);
    if (shelf !== undefined) {
      shelves[index] = { ...shelf, cursor: shelf.cursor + shape.width + BOX.gapX };
    } else {
      const y = previous === undefined ? BAND.paddingTop : previous.y + previous.height + BOX.gapY;
      shelves.push({ y, height: shape.height, cursor: shape.width + BOX.gapX });
    }
  }
  return shelves.map((shelf) => ({ ...shelf, cursor: 0 }));
}

function emptyShape(name: BandName): BoxShape {
  if (name === "namespaces") return namespaceShape("", 1);
  const height = BOX.header + PORT.height + BOX.padding;
  return { cell: PORT, columns: 1, rows: 1, width: 0, height };
}
