import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { ownerHostOf } from "../../../core/element-id.ts";
import type { SearchHit } from "../../api/search.ts";
import { parseId, parseInstant } from "../api/parse.ts";
import { searchQuery } from "../api/search-query.ts";
import { useView } from "../app/view.ts";
import { momentText } from "../model/time-text.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./found-anywhere.module.css";

/** What the server finds for what was typed: on other hosts, in other clusters, and deleted. */
export function FoundAnywhere(props: { readonly typed: string; readonly onChosen: () => void }) {
  const texts = useTexts();
  const { go, now } = useView();
  const typed = useDeferredValue(props.typed.trim());
  const { data: hits = [] } = useQuery(searchQuery(typed));
  if (typed === "" || hits.length === 0) return null;
  const choose = (hit: SearchHit): void => {
    // Of what is gone, the last moment it was there.
    const at = hit.state === "present" || hit.until === undefined ? undefined : parseInstant(hit.until - 1);
    const id = parseId(hit.id);
    void go({ cluster: hit.cluster, host: ownerHostOf(id) ?? hit.host, sel: id, at, a: undefined, b: undefined });
    props.onChosen();
  };
  return (
    <ul className={classes.list} aria-label={texts.map.anywhere} data-testid="search-anywhere">
      {hits.map((hit) => (
        <li key={`${hit.cluster}/${hit.id}`}>
          {/* Pressing must not take the focus from the field before the click arrives: the list would go. */}
          <button type="button" onMouseDown={(event) => event.preventDefault()} onClick={() => choose(hit)}>
            <span>{hit.name ?? hit.id}</span>
            <small>
              {[hit.host, hit.match.value].filter((text) => text !== undefined && text !== hit.name).join(" · ")}
            </small>
            {hit.until !== undefined && (
              <small className={classes.gone}>{texts.map.until(momentText(parseInstant(hit.until), now))}</small>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
