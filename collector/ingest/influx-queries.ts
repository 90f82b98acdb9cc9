/** What `/query` of InfluxDB 1 answers for one statement. */
export interface StatementResult {
  readonly statement_id: number;
  readonly series?: readonly {
    readonly name?: string;
    readonly columns: readonly string[];
    readonly values: readonly (readonly (string | number | boolean)[])[];
  }[];
}

export type QueryAnswer =
  | { readonly kind: "results"; readonly results: readonly StatementResult[] }
  | { readonly kind: "refused"; readonly message: string };

/** The database there always is; any other name does as well. */
const OWN_DATABASE = "nephoscope";
const MAX_NAMES = 100;

/**
 * Answers the statements that clients send before they write. Databases and retention policies are of no meaning here: whatever is
 * created is there. `created` keeps the names, so that a client that looks for its own finds it.
 */
export function answerQuery(text: string | undefined, created: Set<string>): QueryAnswer {
  const statements = statementsOf(text ?? "");
  if (statements.length === 0) return { kind: "refused", message: 'missing required parameter "q"' };
  const results: StatementResult[] = [];
  for (const [place, statement] of statements.entries()) {
    const answer = answerStatement(statement, created);
    if (answer === undefined) {
      const shown = statement.slice(0, 80);
      return { kind: "refused", message: `not answered here: ${shown}; ask for data in PromQL at /api/v1/query` };
    }
    results.push({ statement_id: place, ...answer });
  }
  return { kind: "results", results };
}

function answerStatement(statement: string, created: Set<string>): Omit<StatementResult, "statement_id"> | undefined {
  const database = /^CREATE\s+DATABASE\s+("(?:[^"\\]|\\.)*"|\w+)/i.exec(statement)?.[1];
  if (database !== undefined) {
    if (created.size < MAX_NAMES) created.add(nameOf(database));
    return {};
  }
  if (/^(CREATE|ALTER)\s+RETENTION\s+POLICY\s/i.test(statement)) return {};
  if (/^SHOW\s+DATABASES$/i.test(statement)) {
    const values = [...new Set([OWN_DATABASE, ...created])].map((name) => [name]);
    return { series: [{ name: "databases", columns: ["name"], values }] };
  }
  if (/^SHOW\s+RETENTION\s+POLICIES(\s|$)/i.test(statement)) {
    const columns = ["name", "duration", "shardGroupDuration", "replicaN", "default"];
    return { series: [{ columns, values: [["autogen", "0s", "168h0m0s", 1, true]] }] };
  }
  return undefined;
}

/** Divided by semicolons, but for those in names and strings. */
function statementsOf(text: string): readonly string[] {
  const parts = text.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^;])+/g) ?? [];
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function nameOf(identifier: string): string {
  if (!identifier.startsWith('"')) return identifier;
  return identifier.slice(1, -1).replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
}
