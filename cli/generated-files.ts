import { configJsonSchema } from "./config/json-schema.ts";
import { metricReference } from "./metric-reference.ts";

/** Files of the source tree that are made from code; a test fails when one is stale. */
export function generatedFiles(): readonly { readonly path: string; readonly text: string }[] {
  return [
    { path: "config.schema.json", text: configJsonSchema() },
    { path: "docs/metrics.md", text: metricReference() },
  ];
}
