import type { Cell } from "./interfaces.ts";

/** An object and its value; undefined where there is none behind it. */
export interface Answer {
  readonly oid: string;
  readonly cell: Cell | undefined;
}

/** Asks for what follows each OID, some rows at once. */
export type GetBulk = (oids: readonly string[], maxRepetitions: number) => Promise<readonly (readonly Answer[])[]>;

/** A reply has to fit into a packet: columns times rows are about 60 objects of some 20 bytes. */
const COLUMNS_AT_ONCE = 6;
/** A chassis has some thousands; more is a device that never comes to an end. */
const MAX_ROWS = 10_000;

/**
 * Reads columns of a table from top to bottom. What a device does not have is left out. Errors: those of `getBulk`; RangeError
 * when there are too many rows.
 */
export async function walkColumns(
  getBulk: GetBulk,
  columns: readonly string[],
  maxRepetitions: number,
): Promise<ReadonlyMap<string, ReadonlyMap<string, Cell>>> {
  const rows = new Map<string, Map<string, Cell>>();
  for (let first = 0; first < columns.length; first += COLUMNS_AT_ONCE) {
    let open = columns.slice(first, first + COLUMNS_AT_ONCE).map((column) => ({ column, last: column }));
    while (open.length > 0) {
      const asked = await getBulk(
        open.map(({ last }) => last),
        maxRepetitions,
      );
      open = open.flatMap(({ column, last }, place) => {
        const next = takeColumn(rows, column, { last, answers: asked[place] ?? [] });
        return next === undefined ? [] : [{ column, last: next }];
      });
      if (rows.size > MAX_ROWS) throw new RangeError(`more than ${MAX_ROWS} interfaces`);
    }
  }
  return rows;
}

/** Where to read on; undefined at the column's end, or when the device does not get on. */
function takeColumn(
  rows: Map<string, Map<string, Cell>>,
  column: string,
  { last, answers }: { readonly last: string; readonly answers: readonly Answer[] },
): string | undefined {
  let at = last;
  for (const { oid, cell } of answers) {
    if (cell === undefined || !oid.startsWith(`${column}.`)) return undefined;
    const index = oid.slice(column.length + 1);
    const row = rows.get(index) ?? new Map<string, Cell>();
    row.set(column, cell);
    rows.set(index, row);
    at = oid;
  }
  return at === last ? undefined : at;
}
