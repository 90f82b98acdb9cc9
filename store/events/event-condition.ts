import type { EventFilter } from "../event-store.ts";
import { listed, NOTHING } from "../history/conditions.ts";
import { type Sql, sql } from "../sql-text.ts";
import { SEVERITIES } from "./events-table.ts";

/** Begins with AND. "0" is the character after "/". */
export function conditionOf({ cluster, root, element, kinds, severity }: EventFilter): Sql {
  const below =
    root === undefined
      ? NOTHING
      : sql`AND (element_id = ${root} OR (element_id >= ${`${root}/`} AND element_id < ${`${root}0`}))`;
  const exactly = element === undefined ? NOTHING : sql`AND element_id = ${element}`;
  const ofKinds = kinds === undefined || kinds.length === 0 ? NOTHING : sql`AND kind IN ${listed(kinds)}`;
  const atLeast = severity === undefined ? NOTHING : sql`AND severity >= ${SEVERITIES.indexOf(severity)}`;
  return sql`AND cluster = ${cluster} ${below} ${exactly} ${ofKinds} ${atLeast}`;
}
