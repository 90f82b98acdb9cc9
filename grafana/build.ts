import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { annotationsOf } from "./annotations.ts";
import { type Backend, datasourceOf, INFLUXDB, PROMETHEUS } from "./backend.ts";
import { buildPanel } from "./build-panel.ts";
import { CAPACITY_DASHBOARD } from "./dashboards/capacity.ts";
import { CLOUDS_DASHBOARD } from "./dashboards/clouds.ts";
import { COLLECTOR_DASHBOARD } from "./dashboards/collector.ts";
import { COMPUTE_NODE_DASHBOARD } from "./dashboards/compute-node.ts";
import { CONNTRACK_DASHBOARD } from "./dashboards/conntrack.ts";
import { CONTROL_PLANE_DASHBOARD } from "./dashboards/control-plane.ts";
import { FABRIC_DASHBOARD } from "./dashboards/fabric.ts";
import { HOST_DASHBOARD } from "./dashboards/host.ts";
import { HOST_INTERFACES_DASHBOARD } from "./dashboards/host-interfaces.ts";
import { MESH_DASHBOARD } from "./dashboards/mesh.ts";
import { NETWORK_NODES_DASHBOARD } from "./dashboards/network-nodes.ts";
import { OVS_DASHBOARD } from "./dashboards/ovs.ts";
import { SWITCHES_DASHBOARD } from "./dashboards/switches.ts";
import { TOPOLOGY_DASHBOARD } from "./dashboards/topology.ts";
import { VM_DASHBOARD } from "./dashboards/vm.ts";
import { linkToCapacity, linkToTopology, PAGE_VARIABLE } from "./links.ts";
import { nodeGraphPanel, nodeGraphVariables } from "./node-graph.ts";
import type { DashboardSpec, VariableSpec } from "./panel.ts";

export const BACKENDS: readonly Backend[] = [INFLUXDB, PROMETHEUS];
export const DASHBOARDS: readonly DashboardSpec[] = [
  CLOUDS_DASHBOARD,
  NETWORK_NODES_DASHBOARD,
  COMPUTE_NODE_DASHBOARD,
  HOST_DASHBOARD,
  HOST_INTERFACES_DASHBOARD,
  VM_DASHBOARD,
  OVS_DASHBOARD,
  CONNTRACK_DASHBOARD,
  FABRIC_DASHBOARD,
  MESH_DASHBOARD,
  SWITCHES_DASHBOARD,
  CAPACITY_DASHBOARD,
  CONTROL_PLANE_DASHBOARD,
  TOPOLOGY_DASHBOARD,
  COLLECTOR_DASHBOARD,
];

const DEFAULT_PAGE_URL = "http://127.0.0.1:8642";

export interface DashboardFile {
  /** From the root of the source tree. */
  readonly path: string;
  /** Text of the file. */
  readonly json: string;
}

/** Every dashboard for every data source, as the files under grafana/generated. */
export function buildDashboards(pageUrl = DEFAULT_PAGE_URL): readonly DashboardFile[] {
  return BACKENDS.flatMap((backend) =>
    DASHBOARDS.map((spec) => ({
      path: `grafana/generated/${backend.name}/${spec.name}.json`,
      json: `${JSON.stringify(buildDashboard(spec, backend, pageUrl), null, 2)}\n`,
    })),
  );
}

export function buildDashboard(spec: DashboardSpec, backend: Backend, pageUrl = DEFAULT_PAGE_URL): Dashboard {
  const builder = new DashboardBuilder(spec.title)
    .uid(uidOf(spec, backend))
    .description(`${spec.description} (${backend.label})`)
    .tags(["nephoscope", backend.name])
    .timezone("browser")
    .time({ from: "now-1h", to: "now" })
    .refresh("30s")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type(backend.name))
    .withVariable(pageVariable(pageUrl))
    .link(linkToOthers(backend))
    .link(linkToTopology(spec.variables));
  if (spec.rows.some(({ panels }) => panels.some(({ capacity }) => capacity !== undefined))) {
    builder.link(linkToCapacity(spec.variables));
  }
  for (const [i, variable] of spec.variables.entries()) {
    builder.withVariable(queryVariable(variable, spec.variables.slice(0, i), backend));
  }
  for (const annotation of annotationsOf(spec.variables, backend)) builder.annotation(annotation);
  let id = 1;
  if (spec.hasNodeGraph) {
    for (const variable of nodeGraphVariables()) builder.withVariable(variable);
    builder.withPanel(nodeGraphPanel(id++));
  }
  for (const row of spec.rows) {
    builder.withRow(new RowBuilder(row.title).id(id++));
    for (const panel of row.panels) builder.withPanel(buildPanel(panel, id++, { backend, variables: spec.variables }));
  }
  return builder.build();
}

function uidOf(spec: DashboardSpec, backend: Backend): string {
  return `nephoscope-${spec.name}-${backend.name}`;
}

function queryVariable(
  variable: VariableSpec,
  before: readonly VariableSpec[],
  backend: Backend,
): QueryVariableBuilder {
  const query = backend.variable(variable, before);
  const builder = new QueryVariableBuilder(variable.tag)
    .label(variable.label)
    .datasource(datasourceOf(backend))
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(variable.multi);
  if (!variable.multi) return builder;
  // `.*` and not the list of all values: it also matches series that lack the tag, as the host's own namespace does.
  const all = { text: "All", value: "$__all", selected: true };
  return builder.includeAll(true).allValue(".*").current(all);
}

/** Where people open Nephoscope: links lead there. */
function pageVariable(url: string): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder(PAGE_VARIABLE)
    .label("Nephoscope")
    .defaultValue(url)
    .current({ text: url, value: url, selected: true });
}

/** A menu of our other dashboards of the same data source, keeping host and time. */
function linkToOthers(backend: Backend): DashboardLinkBuilder {
  return new DashboardLinkBuilder("Nephoscope")
    .type(DashboardLinkType.Dashboards)
    .tags(["nephoscope", backend.name])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}
