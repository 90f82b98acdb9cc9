import { ConfigSchema } from "./schema.ts";

/** The text of config.schema.json, for editors and for readers. */
export function configJsonSchema(): string {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Nephoscope configuration",
    ...ConfigSchema,
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
