import { type Static, Type } from "typebox";
import { EpochMsSchema } from "./topology.ts";

/**
 * What Grafana's node graph panel draws. Names of fields are Grafana's, the shape of the answers that of the data source plugin
 * `hamedkarbasi93-nodegraphapi-datasource`, which Infinity (`yesoreyeram-infinity-datasource`) reads as well.
 * Sources: https://grafana.com/docs/grafana/latest/panels-visualizations/visualizations/node-graph/, https://github.com/hoptical/nodegraph-api-plugin
 */
export const GraphNode = Type.Object(
  {
    id: Type.String(),
    /** Name of the element. */
    title: Type.String(),
    subTitle: Type.String({ description: "kind of the element" }),
    mainStat: Type.String({ description: "how it is: up, down, connected, silent …; empty when nothing is told" }),
    color: Type.String(),
    detail__id: Type.String(),
    detail__host: Type.String(),
    detail__addresses: Type.String(),
  },
  { additionalProperties: false },
);
export type GraphNode = Static<typeof GraphNode>;

export const GraphEdge = Type.Object(
  {
    id: Type.String(),
    source: Type.String(),
    target: Type.String(),
    mainStat: Type.String({ description: "kind of the link; `in` for what stands in something" }),
  },
  { additionalProperties: false },
);
export type GraphEdge = Static<typeof GraphEdge>;

export const GraphDataResponse = Type.Object(
  { at: EpochMsSchema, nodes: Type.Array(GraphNode), edges: Type.Array(GraphEdge) },
  { additionalProperties: false },
);
export type GraphDataResponse = Static<typeof GraphDataResponse>;

const GraphField = Type.Object(
  {
    field_name: Type.String(),
    type: Type.Union([Type.Literal("string"), Type.Literal("number")]),
    displayName: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

export const GraphFieldsResponse = Type.Object(
  { nodes_fields: Type.Array(GraphField), edges_fields: Type.Array(GraphField) },
  { additionalProperties: false },
);
export type GraphFieldsResponse = Static<typeof GraphFieldsResponse>;

export const GraphHealthResponse = Type.Object({ status: Type.Literal("ok") }, { additionalProperties: false });
export type GraphHealthResponse = Static<typeof GraphHealthResponse>;
