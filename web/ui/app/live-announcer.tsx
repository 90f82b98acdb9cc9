import { isLink } from "../../../core/element.ts";
import type { Change } from "../../../topology/model/change.ts";
import type { Topology } from "../../../topology/model/topology.ts";
import type { Texts } from "../text/en.ts";
import { useTexts } from "../text/texts.tsx";
import { useView } from "./view.ts";

/** More than this in one batch is told as a number. */
const NAMED_AT_MOST = 3;

/** Tells screen readers what the last live batch changed. */
export function LiveAnnouncer() {
  const texts = useTexts();
  const { shown, clock } = useView();
  const text =
    shown.kind === "ready" && clock.kind === "live" ? announcement(shown.changes, shown.topology, texts) : "";
  return (
    <div aria-live="polite" className="sr-only" data-testid="live-announcer">
      {text}
    </div>
  );
}

export function announcement(changes: readonly Change[], topology: Topology, texts: Texts): string {
  const told = changes.flatMap((change) => sentence(change, topology, texts));
  return told.length > NAMED_AT_MOST ? texts.live.many(told.length) : told.join(", ");
}

/** Links are not told of: they come and go with what they connect. */
function sentence(change: Change, topology: Topology, texts: Texts): readonly string[] {
  const element = change.kind === "update" ? topology.get(change.id) : change.element;
  if (element === undefined || isLink(element)) return [];
  const kind = texts.kinds[element.kind];
  switch (change.kind) {
    case "add":
      return [texts.live.added(kind, element.name)];
    case "remove":
      return [texts.live.removed(kind, element.name)];
    case "update":
      return [texts.live.changed(kind, element.name)];
  }
}
