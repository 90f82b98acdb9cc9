/** A piece of SQL with the values that belong into it; numbers are whole and travel as 64-bit integers. */
export interface Sql {
  readonly parts: readonly string[];
  readonly values: readonly (string | number)[];
}

export interface SqlText {
  /** With `$1`, `$2`, … as DuckDB and PostgreSQL both take it. */
  readonly text: string;
  readonly values: readonly (string | bigint)[];
}

/** Values become parameters, pieces are spliced in: sql`SELECT … WHERE cluster = ${cluster} ${condition}`. */
export function sql(texts: TemplateStringsArray, ...inserts: readonly (string | number | Sql)[]): Sql {
  const parts: string[] = [texts[0] ?? ""];
  const values: (string | number)[] = [];
  inserts.forEach((insert, index) => {
    const rest = texts[index + 1] ?? "";
    if (typeof insert === "object") {
      parts.push(`${parts.pop() ?? ""}${insert.parts[0] ?? ""}`, ...insert.parts.slice(1));
      values.push(...insert.values);
      parts.push(`${parts.pop() ?? ""}${rest}`);
    } else {
      values.push(insert);
      parts.push(rest);
    }
  });
  return { parts, values };
}

export function sqlText({ parts, values }: Sql): SqlText {
  let text = parts[0] ?? "";
  values.forEach((value, index) => {
    const parameter = `$${index + 1}`;
    text += (typeof value === "number" ? `CAST(${parameter} AS BIGINT)` : parameter) + (parts[index + 1] ?? "");
  });
  return { text, values: values.map((value) => (typeof value === "number" ? BigInt(value) : value)) };
}
