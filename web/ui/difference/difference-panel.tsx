import { useState } from "react";
import { useView } from "../app/view.ts";
import { Details } from "../details/details-panel.tsx";
import panel from "../details/panel.module.css";
import { Tabs } from "../details/tabs.tsx";
import { useTexts } from "../text/texts.tsx";
import { DifferenceOverview } from "./difference-overview.tsx";
import { SnapshotChooser } from "./snapshot-chooser.tsx";

type Tab = "list" | "snapshots" | "details";

/** The difference as a list; behind other tabs the moments with names, and the selected element's details. */
export function DifferencePanel() {
  const { difference, details } = useTexts();
  const { search } = useView();
  const [tab, setTab] = useState<Tab>("list");
  const shown = search.sel === undefined && tab === "details" ? "list" : tab;
  return (
    <aside className={panel.panel} aria-label={difference.title} data-testid="difference">
      <Tabs<Tab>
        label={difference.title}
        tabs={[
          { value: "list", text: difference.title },
          { value: "snapshots", text: difference.snapshots },
          ...(search.sel === undefined ? [] : [{ value: "details" as const, text: details.title }]),
        ]}
        value={shown}
        onChange={setTab}
      />
      {shown === "list" && <DifferenceOverview />}
      {shown === "snapshots" && <SnapshotChooser />}
      {shown === "details" && <Details />}
    </aside>
  );
}
