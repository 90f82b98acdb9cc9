import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import {
  CustomVariableBuilder,
  DashboardLinkBuilder,
  DatasourceVariableBuilder,
  type Panel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/nodegraph";
import { PAGE_VARIABLE } from "./links.ts";

/** None of Grafana's own data sources gives a node graph from an API of ours: docs/adr/0018. */
export const INFINITY = "yesoreyeram-infinity-datasource";
const DATASOURCE: DataSourceRef = { type: INFINITY, uid: "${infinity}" };
const ADDRESS = "/api/v1/grafana/nodegraph/api/graph/data";

const COLUMNS = {
  nodes: ["id", "title", "subTitle", "mainStat", "color", "detail__id", "detail__host", "detail__addresses"],
  edges: ["id", "source", "target", "mainStat"],
} as const;

/** A query of the Infinity data source, as far as it is used here. */
interface InfinityTarget extends Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly type: "json";
  readonly source: "url";
  readonly parser: "backend";
  readonly format: "node-graph-nodes" | "node-graph-edges";
  readonly url: string;
  readonly url_options: {
    readonly method: "GET";
    readonly data: "";
    readonly params: readonly { readonly key: string; readonly value: string }[];
  };
  readonly root_selector: string;
  readonly columns: readonly { readonly selector: string; readonly text: string; readonly type: "string" }[];
  readonly filters: readonly [];
}

/** Where the node graph is read from, and how far it reaches. */
export function nodeGraphVariables(): readonly Builder<ReturnType<DatasourceVariableBuilder["build"]>>[] {
  const depth = new CustomVariableBuilder("depth").label("Hops").values("1,2,3");
  return [
    new DatasourceVariableBuilder("infinity").label("Infinity").type(INFINITY),
    depth.current({ text: "2", value: "2", selected: true }),
  ];
}

/** What is around the host chosen at the end of the time shown. */
export function nodeGraphPanel(id: number): Builder<Panel> {
  const select = `\${${PAGE_VARIABLE}}/?cluster=\${cluster}&host=\${host}&sel=\${__data.fields.id}&at=\${__to}`;
  return new PanelBuilder()
    .id(id)
    .title("Surroundings of the host")
    .description("所选时间末尾主机周围的元素与连接；需要 Infinity 数据源插件。点击元素可打开该时刻的拓扑页面。")
    .datasource(DATASOURCE)
    .span(24)
    .height(20)
    .dataLinks([new DashboardLinkBuilder("Topology at this moment").url(select).targetBlank(true)])
    .targets([target("A", "nodes"), target("B", "edges")]);
}

function target(refId: string, part: keyof typeof COLUMNS): Builder<Dataquery> {
  const query: InfinityTarget = {
    refId,
    datasource: DATASOURCE,
    type: "json",
    source: "url",
    parser: "backend",
    format: `node-graph-${part}`,
    url: ADDRESS,
    url_options: {
      method: "GET",
      data: "",
      params: [
        { key: "cluster", value: "${cluster}" },
        { key: "host", value: "${host}" },
        { key: "depth", value: "${depth}" },
        { key: "at", value: "${__to}" },
      ],
    },
    root_selector: part,
    columns: COLUMNS[part].map((name) => ({ selector: name, text: name, type: "string" })),
    filters: [],
    _implementsDataqueryVariant() {},
  };
  return { build: () => query };
}
