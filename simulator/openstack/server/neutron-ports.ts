import type { Entry } from "../register.ts";
import type { OpenStackObject } from "../view.ts";
import { type Answer, json, type KnownCall, list, type Site } from "./call.ts";
import { pageOf } from "./entry-pages.ts";
import { PORTS } from "./neutron-collections.ts";
import {
  type ListRequest,
  linksOf,
  listed,
  listRequest,
  matches,
  noSuch,
  onlyFields,
  seenBy,
  sortedBy,
} from "./neutron-lists.ts";

// GET /v2.0/ports: there may be tens of thousands, so a page is made of what is on it.

export function answerPorts(site: Site, call: KnownCall, id: string | undefined): Answer {
  if (id !== undefined) return answerPort(site, call, id);
  const { estate } = site;
  const asked = listRequest(site, call, attributesOf(site));
  if ("status" in asked) return asked;
  const marker = asked.marker === undefined ? undefined : estate.ports.get(asked.marker);
  if (asked.marker !== undefined && marker === undefined) return noSuch(PORTS, asked.marker);
  if (asked.sorts.length > 0) return sortedPorts(site, call, asked);
  const isWanted = matches(asked);
  const seen = ({ number }: Entry): OpenStackObject | undefined => {
    const port = estate.port(number);
    const shown = port === undefined ? undefined : seenBy(site, call, PORTS, port)[0];
    return shown !== undefined && isWanted(shown) ? shown : undefined;
  };
  const isAll = call.token.isAdmin && asked.filters.size === 0;
  const { limit = Number.POSITIVE_INFINITY, isBackwards } = asked;
  const keeps = isAll ? undefined : (entry: Entry) => seen(entry) !== undefined;
  const { entries } = pageOf(estate.ports, { marker, limit, isBackwards, keeps });
  const ends = { asked, count: entries.length, first: entries[0]?.id, last: entries.at(-1)?.id };
  return list(
    "ports",
    entries.values().flatMap((entry) => {
      const port = seen(entry);
      return port === undefined ? [] : [onlyFields(port, asked.fields)];
    }),
    linksOf(call, "ports", ends),
  );
}

/** In any other order, all of them have to be made first. */
function sortedPorts(site: Site, call: KnownCall, asked: ListRequest): Answer {
  const { estate } = site;
  const all = [...estate.ports.after(undefined)].flatMap(({ number }) => {
    const port = estate.port(number);
    const shown = port === undefined ? undefined : seenBy(site, call, PORTS, port)[0];
    return shown !== undefined && matches(asked)(shown) ? [shown] : [];
  });
  const sorted = sortedBy(all, asked);
  const from = asked.marker === undefined ? 0 : sorted.findIndex(({ id }) => id === asked.marker) + 1;
  const page = asked.isBackwards
    ? sorted.slice(Math.max(0, from - 1 - (asked.limit ?? 0)), Math.max(0, from - 1))
    : sorted.slice(from, asked.limit === undefined ? undefined : from + asked.limit);
  return listed(call, PORTS, page, asked);
}

function answerPort(site: Site, call: KnownCall, id: string): Answer {
  const entry = site.estate.ports.get(id);
  const port = entry === undefined ? undefined : site.estate.port(entry.number);
  const shown = port === undefined ? undefined : seenBy(site, call, PORTS, port)[0];
  return shown === undefined ? noSuch(PORTS, id) : json(200, { port: onlyFields(shown, call.query.getAll("fields")) });
}

function attributesOf({ estate }: Site): readonly string[] {
  for (const { number } of estate.ports.after(undefined)) {
    const port = estate.port(number);
    if (port !== undefined) return Object.keys(port);
  }
  return ["id"];
}
