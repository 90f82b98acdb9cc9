/** Sizes on the map in its own units (px at zoom 1), all on a 4 px grid. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** How an item is drawn. A `dot` has no room for its name; the others do. */
export type Form = "card" | "compact" | "port" | "dot";

export interface CellSize {
  readonly form: Form;
  readonly width: number;
  readonly height: number;
  readonly pitchX: number;
  readonly pitchY: number;
}

const cell = (form: Form, width: number, height: number, gapX: number, gapY: number): CellSize => ({
  form,
  width,
  height,
  pitchX: width + gapX,
  pitchY: height + gapY,
});

export const CARD = cell("card", 140, 28, 16, 12);
export const COMPACT = cell("compact", 108, 20, 12, 8);
export const PORT = cell("port", 108, 20, 8, 8);
export const DOT = cell("dot", 10, 10, 6, 6);

/** Above this many, what stands alone in a band is drawn small. */
export const CARDS_AT_MOST = 40;
/** Above this many, ports are dots without names. */
export const NAMED_PORTS_AT_MOST = 24;

export const BOX = { header: 24, padding: 8, gapX: 24, gapY: 24 } as const;
export const BAND = { paddingTop: 28, paddingBottom: 28, gap: 0 } as const;
/** Rows of interfaces in a namespace's box at least; a port is four times as wide as high, so as many rows as columns look right. */
export const NAMESPACE_ROWS = 3;

/** Widths of the map for this many items: in between it follows the root of their number, to keep a screen's shape. */
const WIDTH = { few: 1_040, some: 1_560, most: 3_200, fewItems: 24, someItems: 170 } as const;

export function worldWidth(items: number): number {
  if (items <= WIDTH.fewItems) return WIDTH.few;
  const width = WIDTH.some * Math.sqrt(items / WIDTH.someItems);
  return Math.round(Math.min(WIDTH.most, Math.max(WIDTH.some, width)) / 4) * 4;
}

/** Slots for `count` items with room for more, so that what comes later finds its place among its own. */
export function withSlack(count: number): number {
  return count + Math.max(1, Math.ceil(count * 0.25));
}

export interface BoxShape {
  readonly cell: CellSize;
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

const TITLE_CHARACTER = 7.2;
const TITLE_REST = 76;

export function bridgeShape(title: string, ports: number, isOpenVSwitch: boolean, maxWidth: number): BoxShape {
  const capacity = withSlack(ports);
  const size = isOpenVSwitch && ports <= NAMED_PORTS_AT_MOST ? PORT : DOT;
  const most = Math.max(1, Math.floor((maxWidth - 2 * BOX.padding) / size.pitchX));
  const wanted = size === PORT ? (capacity <= 6 ? capacity : Math.ceil(capacity / 2)) : capacity;
  const columns = Math.min(most, Math.max(2, wanted));
  return boxShape(size, columns, Math.ceil(capacity / columns), title);
}

export function namespaceShape(title: string, interfaces: number): BoxShape {
  const capacity = withSlack(interfaces);
  const rows = Math.max(NAMESPACE_ROWS, Math.ceil(Math.sqrt(capacity)));
  return boxShape(PORT, Math.ceil(capacity / rows), rows, title.slice(0, 24));
}

/** The same capacity in no more than the height given. */
export function fitHeight(shape: BoxShape, height: number, title: string): BoxShape {
  if (shape.height <= height) return shape;
  const room = height - BOX.header - BOX.padding;
  const rows = Math.max(1, Math.floor((room + (shape.cell.pitchY - shape.cell.height)) / shape.cell.pitchY));
  return boxShape(shape.cell, Math.ceil((shape.columns * shape.rows) / rows), rows, title);
}

function boxShape(size: CellSize, columns: number, rows: number, title: string): BoxShape {
  const inner = columns * size.pitchX - (size.pitchX - size.width);
  const width = Math.max(inner + 2 * BOX.padding, title.length * TITLE_CHARACTER + TITLE_REST);
  const height = BOX.header + rows * size.pitchY - (size.pitchY - size.height) + BOX.padding;
  return { cell: size, columns, rows, width: Math.ceil(width / 4) * 4, height: Math.ceil(height / 4) * 4 };
}
