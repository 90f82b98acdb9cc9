import { ActionIcon } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { type Element, isLink } from "../../../core/element.ts";
import { segmentsOf } from "../../../core/element-id.ts";
import { useView } from "../app/view.ts";
import { EmptyFace, LoadingFace } from "../faces/faces.tsx";
import { conditionOf } from "../model/condition.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import { History } from "./history.tsx";
import { Overview } from "./overview.tsx";
import classes from "./panel.module.css";
import { Tabs } from "./tabs.tsx";

/** Charts bring their own library: it is fetched when somebody looks at one. */
const Charts = lazy(async () => ({ default: (await import("./charts.tsx")).Charts }));

const TABS = ["overview", "charts", "history", "raw"] as const;
type TabName = (typeof TABS)[number];

/** The selected element at the moment shown. */
export function DetailsPanel() {
  const { details } = useTexts();
  return (
    <aside className={classes.panel} aria-label={details.title} data-testid="details">
      <Details />
    </aside>
  );
}

export function Details() {
  const texts = useTexts();
  const { search, shown, go, agentIsSilent } = useView();
  const [tab, setTab] = useState<TabName>("overview");
  const id = search.sel;
  if (id === undefined) return <EmptyFace title={texts.details.nothing} hint={texts.details.nothingHint} />;
  const element = shown.kind === "ready" ? shown.topology.get(id) : undefined;
  const name = element !== undefined && !isLink(element) ? element.name : (segmentsOf(id).at(-1) ?? id);
  return (
    <>
      <header className={classes.head}>
        <div className={classes.title}>
          <h2 data-testid="details-name">{name}</h2>
          {element !== undefined && (
            <p>
              {texts.kinds[element.kind]} · {texts.condition[conditionOf(element, agentIsSilent)]}
            </p>
          )}
        </div>
        <ActionIcon
          aria-label={texts.details.close}
          onClick={() => void go({ sel: undefined })}
          data-testid="details-close"
        >
          <Icon name="close" />
        </ActionIcon>
      </header>
      <Tabs
        label={texts.details.title}
        tabs={TABS.map((each) => ({ value: each, text: texts.details.tabs[each] }))}
        value={tab}
        onChange={setTab}
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <div className={classes.body} role="tabpanel" aria-label={texts.details.tabs[tab]} tabIndex={0}>
        {element === undefined && tab !== "history" ? (
          <EmptyFace small title={texts.details.gone} hint={texts.details.goneHint} />
        ) : (
          <TabBody tab={tab} element={element} />
        )}
      </div>
    </>
  );
}

function TabBody(props: { readonly tab: TabName; readonly element: Element | undefined }) {
  const { search, shown } = useView();
  const { tab, element } = props;
  if (tab === "history" && search.sel !== undefined) return <History id={search.sel} />;
  if (element === undefined || shown.kind !== "ready") return null;
  switch (tab) {
    case "overview":
    case "history":
      return <Overview element={element} topology={shown.topology} />;
    case "charts":
      return (
        <Suspense fallback={<LoadingFace small />}>
          <Charts element={element} />
        </Suspense>
      );
    case "raw":
      return <pre className={classes.raw}>{JSON.stringify(element, undefined, 2)}</pre>;
  }
}
