import { PanelBuilder as BarGaugeBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  BarGaugeDisplayMode,
  type DataSourceRef,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { type Panel, ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { type Backend, datasourceOf } from "./backend.ts";
import { linksOf } from "./links.ts";
import type { PanelSpec, VariableSpec } from "./panel.ts";
import { leastStepSeconds } from "./sampling.ts";

const HEIGHT = { timeseries: 8, stat: 4, top: 8 } as const;

export function buildPanel(
  asSaid: PanelSpec,
  id: number,
  context: { readonly backend: Backend; readonly variables: readonly VariableSpec[] },
): Builder<Panel> {
  const { backend, variables } = context;
  const spec = backend.canDivideByAll ? asSaid : inParts(asSaid);
  const targets = spec.queries.map((query, i) => backend.target(query, refId(i), variables));
  switch (spec.kind) {
    case "timeseries":
      return timeseries(
        spec,
        dressed(new TimeseriesBuilder(), { spec, id, datasource: datasourceOf(backend), targets }),
        spec.partsUnit === undefined || backend.canDivideByAll ? StackingMode.Normal : StackingMode.Percent,
      );
    case "stat": {
      const reduce = new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(false);
      return dressed(new StatBuilder(), { spec, id, datasource: datasourceOf(backend), targets }).reduceOptions(reduce);
    }
    case "top": {
      const reduce = new ReduceDataOptionsBuilder().calcs(["lastNotNull"]).values(backend.topIsTable);
      return dressed(new BarGaugeBuilder(), { spec, id, datasource: datasourceOf(backend), targets })
        .orientation(VizOrientation.Horizontal)
        .displayMode(BarGaugeDisplayMode.Basic)
        .reduceOptions(backend.topIsTable ? reduce.fields("/^value$/") : reduce);
    }
  }
}

/** A panel of shares as its parts, which Grafana stacks to 100 %. */
function inParts(spec: PanelSpec): PanelSpec {
  return spec.partsUnit === undefined ? spec : { ...spec, unit: spec.partsUnit, stacked: true };
}

interface Common {
  readonly spec: PanelSpec;
  readonly id: number;
  readonly datasource: DataSourceRef;
  readonly targets: Builder<Dataquery>[];
}

/** What builders of every kind of panel have in common. */
type AnyPanelBuilder = TimeseriesBuilder | StatBuilder | BarGaugeBuilder;

function dressed<B extends AnyPanelBuilder>(builder: B, { spec, id, datasource, targets }: Common): B {
  builder
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .datasource(datasource)
    .unit(spec.unit)
    .span(spec.width)
    .height(HEIGHT[spec.kind])
    .interval(`${leastStepSeconds(spec)}s`)
    .thresholds(thresholds(spec))
    .targets(targets);
  if (spec.kind !== "top") builder.dataLinks([...linksOf(spec)]);
  if (spec.none !== undefined) builder.noValue(spec.none);
  if (spec.min !== undefined) builder.min(spec.min);
  if (spec.max !== undefined) builder.max(spec.max);
  return builder;
}

function thresholds({ thresholds: limits }: PanelSpec): ThresholdsConfigBuilder {
  const steps = [{ value: null, color: "green" }];
  const raised =
    limits === undefined
      ? []
      : [
          { value: limits.warning, color: "orange" },
          { value: limits.critical, color: "red" },
        ];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([...steps, ...raised]);
}

function timeseries(spec: PanelSpec, builder: TimeseriesBuilder, mode: StackingMode): TimeseriesBuilder {
  const legend = new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom);
  const tooltip = new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending);
  builder
    .legend(legend)
    .tooltip(tooltip)
    .showPoints(VisibilityMode.Never)
    .lineWidth(1)
    .fillOpacity(spec.stacked ? 40 : 10);
  if (spec.connectsOverSeconds !== undefined) builder.spanNulls(spec.connectsOverSeconds * 1_000);
  if (spec.stacked) builder.stacking(new StackingConfigBuilder().mode(mode).group("A"));
  if (spec.thresholds !== undefined) {
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  if (spec.negative !== undefined) {
    builder.overrideByRegexp(`/${spec.negative.source}/`, [{ id: "custom.transform", value: "negative-Y" }]);
  }
  return builder;
}

function refId(index: number): string {
  return String.fromCharCode("A".charCodeAt(0) + index);
}
