import type { Attributes } from "../../../core/element.ts";
import { hostSources } from "../model/host-sources.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./panel.module.css";

/** What the agent of a host found to read, and what it usually finds and did not. */
export function Sources(props: { readonly attributes: Attributes }) {
  const { sources: texts, charts } = useTexts();
  const sources = hostSources(props.attributes);
  if (sources === undefined) return null;
  const known: { readonly [name: string]: string } = texts.names;
  const listed = (names: readonly string[]): string => names.map((name) => known[name] ?? name).join(charts.listComma);
  return (
    <section className={classes.section} data-testid="sources">
      <h3 className="panel-title">{texts.title}</h3>
      <dl className={classes.attributes}>
        {sources.missing.length > 0 && (
          <>
            <dt>{texts.missing}</dt>
            <dd className={classes.missing} data-testid="sources-missing">
              {listed(sources.missing)}
            </dd>
          </>
        )}
        <dt>{texts.there}</dt>
        <dd className={classes.words}>{listed(sources.there)}</dd>
      </dl>
    </section>
  );
}
