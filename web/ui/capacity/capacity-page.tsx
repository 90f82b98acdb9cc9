import { SegmentedControl } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useViewSearch } from "../app/use-view-search.ts";
import { CAPACITY_VIEWS, type CapacityView } from "../app/view-search.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./capacity.module.css";
import { CapacityRows } from "./capacity-rows.tsx";
import { Peaks } from "./peaks.tsx";
import { Subnets } from "./subnets.tsx";

/** What is used of how much, by what it belongs to, and when it runs out. */
export function CapacityPage() {
  const { capacity } = useTexts();
  const { cap: view = "overview", cluster } = useViewSearch();
  const navigate = useNavigate();
  const show = (next: CapacityView) =>
    void navigate({
      to: "/capacity",
      search: (previous) => ({ ...previous, cap: next === "overview" ? undefined : next }),
    });
  return (
    <div className="page" data-testid="capacity-page">
      <h1>{capacity.title}</h1>
      <section>
        <SegmentedControl
          aria-label={capacity.views}
          value={view}
          onChange={(value) => show(CAPACITY_VIEWS.find((each) => each === value) ?? "overview")}
          data={CAPACITY_VIEWS.map((each) => ({ value: each, label: capacity.view[each] }))}
          className={classes.views}
          data-testid="capacity-views"
        />
      </section>
      <Shown view={view} cluster={cluster} />
    </div>
  );
}

function Shown({ view, cluster }: { readonly view: CapacityView; readonly cluster: string | undefined }) {
  switch (view) {
    case "overview":
      return <CapacityRows key={view} cluster={cluster} scope={undefined} />;
    case "hosts":
      return <CapacityRows key={view} cluster={cluster} scope="host" />;
    case "projects":
      return <CapacityRows key={view} cluster={cluster} scope="project" />;
    case "subnets":
      return <Subnets cluster={cluster} />;
    case "peaks":
      return <Peaks cluster={cluster} />;
  }
}
