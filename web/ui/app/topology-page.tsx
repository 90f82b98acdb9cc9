import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { parseInstant } from "../api/parse.ts";
import { statusQuery } from "../api/queries.ts";
import { DetailsPanel } from "../details/details-panel.tsx";
import { DifferencePanel } from "../difference/difference-panel.tsx";
import { EmptyFace, ErrorFace, LoadingFace } from "../faces/faces.tsx";
import { KeysSheet } from "../map/keys-sheet.tsx";
import { Legend } from "../map/legend.tsx";
import { useMap } from "../map/map-handle.ts";
import { MapView } from "../map/map-view.tsx";
import { buildScene, type Scene } from "../map/scene.ts";
import { TableTwin } from "../map/table-twin.tsx";
import { Toolbar } from "../map/toolbar.tsx";
import { changeCounts, markOf } from "../model/difference.ts";
import { momentText } from "../model/time-text.ts";
import { SnapshotDialog } from "../system/snapshot-dialog.tsx";
import { useTexts } from "../text/texts.tsx";
import { TimeBar } from "../time-bar/time-bar.tsx";
import { LiveAnnouncer } from "./live-announcer.tsx";
import { NoticeBar } from "./notice-bar.tsx";
import { useTestHook } from "./test-hook.ts";
import classes from "./topology-page.module.css";
import { useKeys } from "./use-keys.ts";
import { useNewView, type View, ViewContext } from "./view.ts";

export function TopologyPage() {
  const view = useNewView();
  return (
    <ViewContext value={view}>
      <Layout view={view} />
    </ViewContext>
  );
}

function Layout(props: { readonly view: View }) {
  const { view } = props;
  const texts = useTexts();
  const scene = useScene(view);
  const [dialog, setDialog] = useState<"keys" | "snapshot">();
  const close = (): void => setDialog(undefined);
  useKeys(view, { isBlocked: dialog !== undefined, openSheet: () => setDialog("keys") });
  useTestHook(view, scene);
  const panel =
    view.clock.kind === "diff" ? <DifferencePanel /> : view.search.sel !== undefined ? <DetailsPanel /> : null;
  return (
    <div className={classes.page}>
      <h1 className="sr-only">{texts.nav.topology}</h1>
      <Toolbar scene={scene} onKeys={() => setDialog("keys")} onSnapshot={() => setDialog("snapshot")} />
      <div className={classes.stage} data-busy={view.shown.kind === "ready" && view.shown.busy}>
        <Stage view={view} scene={scene} />
        {panel}
      </div>
      <TimeBar />
      <LiveAnnouncer />
      <NoticeBar />
      <KeysSheet isOpen={dialog === "keys"} onClose={close} />
      <SnapshotDialog
        isOpen={dialog === "snapshot"}
        onClose={close}
        at={view.clock.kind === "live" ? undefined : view.moment}
        cluster={view.scope.cluster}
      />
    </div>
  );
}

function useScene(view: View): Scene | undefined {
  const { shown, contents, atlas, agentIsSilent, alerts } = view;
  const { sel, hide, only } = view.search;
  const query = useMap((state) => state.query);
  return useMemo(() => {
    if (shown.kind !== "ready" || contents === undefined || atlas === undefined) return undefined;
    const { topology, difference } = shown;
    return buildScene({
      topology,
      contents,
      atlas,
      agentIsSilent,
      hidden: new Set(hide ?? []),
      query,
      selected: sel,
      alerts,
      diff:
        difference === undefined
          ? undefined
          : { mark: markOf(difference), counts: changeCounts(difference), only: only === true },
    });
  }, [shown, contents, atlas, agentIsSilent, alerts, hide, query, sel, only]);
}

function Stage(props: { readonly view: View; readonly scene: Scene | undefined }) {
  const { view, scene } = props;
  const texts = useTexts();
  const legendIsOpen = useMap((state) => state.legendIsOpen);
  const { shown, clock, host, contents, now } = view;
  if (shown.kind === "loading") return <LoadingFace text={texts.faces.loadingTopology} />;
  if (shown.kind === "failed") return <ErrorFace error={shown.error} retry={shown.retry} />;
  if (shown.topology.size === 0 && clock.kind !== "live") {
    const begins = shown.historyBeginsAt;
    const hint = begins === undefined ? texts.faces.emptyHint : texts.faces.emptyPastHint(momentText(begins, now));
    return <EmptyFace icon="clock" title={texts.faces.emptyPast} hint={hint} />;
  }
  if (host === undefined || scene === undefined) {
    return <EmptyFace icon="host" title={texts.faces.empty} hint={texts.faces.emptyHint} />;
  }
  if (contents?.nodes.size === 0) {
    return <EmptyFace icon="host" title={texts.faces.unknownHost(host)} hint={texts.faces.unknownHostHint} />;
  }
  if (view.search.view === "table") return <TableTwin scene={scene} />;
  return (
    <div className={classes.map}>
      <MapView scene={scene} />
      {view.agentIsSilent && <SilentNote view={view} />}
      {legendIsOpen && <Legend />}
    </div>
  );
}

function SilentNote(props: { readonly view: View }) {
  const texts = useTexts();
  const { host, shown, clock, now } = props.view;
  const { data: status } = useQuery(statusQuery);
  if (host === undefined || shown.kind !== "ready") return null;
  if (clock.kind === "diff") return <p className={classes.silent}>{texts.difference.unknownHint(host)}</p>;
  const since = clock.kind === "live" ? status?.agents.find((agent) => agent.host === host)?.since : undefined;
  return (
    <p className={classes.silent} data-testid="agent-silent">
      {texts.faces.agentSilent(host, since === undefined ? undefined : momentText(parseInstant(since), now))}
    </p>
  );
}
