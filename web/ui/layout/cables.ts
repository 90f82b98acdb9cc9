import type { BandPlan, Place } from "./atlas.ts";

const CORNER = 6;
const GUTTER = 6;

/**
 * The path of a cable between two places, as SVG path data. Between bands it falls in a smooth curve with vertical
 * ends; past other rows of a grid it runs in the gutter beside its own column; within a band it hangs in an arc.
 */
export function cablePath(one: Place, other: Place, bands: readonly BandPlan[]): string {
  const [upper, lower] = isAbove(one, other) ? [one, other] : [other, one];
  if (upper.band === lower.band) return arc(upper, lower);
  const start = leaving(upper, bands);
  const end = entering(lower, bands);
  const bend = Math.max(16, (end.y - start.y) * 0.5);
  return `${start.path}C${start.x} ${start.y + bend} ${end.x} ${end.y - bend} ${end.x} ${end.y}${end.path}`;
}

function isAbove(one: Place, other: Place): boolean {
  return one.y < other.y || (one.y === other.y && one.x <= other.x);
}

interface End {
  readonly x: number;
  readonly y: number;
  readonly path: string;
}

function leaving(place: Place, bands: readonly BandPlan[]): End {
  const { x, width, y, height } = place;
  if (place.box !== undefined || place.row === place.rows - 1) {
    return { x: x + width / 2, y: y + height, path: `M${x + width / 2} ${y + height}` };
  }
  const [gutter, middle] = [x + width + GUTTER, y + height / 2];
  const bottom = Math.max(y + height, bottomOfGrid(place, bands));
  const path = `M${x + width} ${middle}Q${gutter} ${middle} ${gutter} ${middle + CORNER}V${bottom}`;
  return { x: gutter, y: bottom, path };
}

function entering(place: Place, bands: readonly BandPlan[]): End {
  const { x, width, y, height } = place;
  if (place.box !== undefined || place.row === 0) return { x: x + width / 2, y, path: "" };
  const [gutter, middle] = [x - GUTTER, y + height / 2];
  const top = Math.min(y, topOfGrid(place, bands));
  return { x: gutter, y: top, path: `V${middle - CORNER}Q${gutter} ${middle} ${x} ${middle}` };
}

function topOfGrid(place: Place, bands: readonly BandPlan[]): number {
  const band = bands.find(({ name }) => name === place.band);
  return band === undefined ? place.y : place.y - place.row * band.cell.pitchY;
}

function bottomOfGrid(place: Place, bands: readonly BandPlan[]): number {
  const band = bands.find(({ name }) => name === place.band);
  return band === undefined ? place.y : place.y + (place.rows - 1 - place.row) * band.cell.pitchY + place.height;
}

/** Two places of one band: over the top within the bridges, where cables leave downwards; below elsewhere. */
function arc(one: Place, other: Place): string {
  const [x1, x2] = [one.x + one.width / 2, other.x + other.width / 2];
  const reach = Math.min(40, 16 + Math.abs(x2 - x1) * 0.08);
  if (one.band === "bridges") {
    const top = Math.min(one.y, other.y) - reach - 16;
    return `M${x1} ${one.y}C${x1} ${top} ${x2} ${top} ${x2} ${other.y}`;
  }
  const [y1, y2] = [one.y + one.height, other.y + other.height];
  const bottom = Math.max(y1, y2) + reach;
  return `M${x1} ${y1}C${x1} ${bottom} ${x2} ${bottom} ${x2} ${y2}`;
}
