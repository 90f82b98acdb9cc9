import { Type } from "typebox";
import { MAX_ID_LENGTH } from "../../core/element-id.ts";

// Query parameters the topology routes share, as OpenAPI describes them.

export const TimeParameter = Type.String({
  maxLength: 300,
  description: "RFC 3339, epoch seconds or milliseconds, now, now-15m, <cluster>@r1234 or the name of a snapshot",
});
export const ClusterParameter = Type.String({
  maxLength: 200,
  description: "may be left out when there is only one cluster",
});
export const ClusterQuery = Type.Object({ cluster: Type.Optional(ClusterParameter) });
export const RootParameter = Type.String({
  maxLength: MAX_ID_LENGTH,
  description: "only this element and what stands below it",
});

/** Answers are made of our own values: plain JSON.stringify is exact and fast; the schema documents. */
export const plainJson = { serializerCompiler: () => (data: unknown) => JSON.stringify(data) };
