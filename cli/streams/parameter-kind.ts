const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TIME = /^(?:\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)|now(?:-\d+[a-z]+)*)$/i;
const MOST_PARAMETERS = 30;
const MOST_NAME_CHARS = 60;

/** What kind of value a parameter has, without the value: `time`, `number`, `text of 12`. */
function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `list of ${value.length}`;
  const text = String(value);
  if (text === "") return "empty";
  if (text === "true" || text === "false") return "boolean";
  if (/^-?\d+(?:\.\d+)?$/.test(text)) return "number";
  if (TIME.test(text)) return "time";
  return UUID.test(text) ? "uuid" : `text of ${text.length}`;
}

/** Names people give parameters are their own only as far as they are words. */
export function parametersInKind(query: unknown): { readonly [name: string]: string } {
  if (typeof query !== "object" || query === null) return {};
  return Object.fromEntries(
    Object.entries(query)
      .filter(([name]) => /^[\w.[\]-]+$/.test(name) && name.length <= MOST_NAME_CHARS)
      .slice(0, MOST_PARAMETERS)
      .map(([name, value]) => [name, kindOf(value)]),
  );
}
