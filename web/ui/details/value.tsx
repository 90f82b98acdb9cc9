import type { AttributeValue } from "../../../core/element.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./panel.module.css";
import { sizeText } from "./size-text.ts";

/** Of a longer list the beginning is shown, and the rest when somebody asks. */
const ITEMS_SHOWN = 12;

/** An attribute's value; a list one item a line; what is not there is said. With its name, sizes are in words. */
export function Value(props: { readonly value: AttributeValue | undefined; readonly name?: string }) {
  const { details, charts } = useTexts();
  const { value, name } = props;
  if (value === undefined) return <span className={classes.absent}>{details.absent}</span>;
  if (typeof value === "boolean") return value ? details.yes : details.no;
  if (typeof value === "number") return sizeText(name, value) ?? String(value);
  if (typeof value === "string") return value;
  const items = (some: typeof value) => some.map((item) => <div key={item}>{item}</div>);
  if (value.length <= ITEMS_SHOWN + 1) return items(value);
  return (
    <>
      {items(value.slice(0, ITEMS_SHOWN))}
      <details className={classes.list}>
        <summary>{charts.more(value.length - ITEMS_SHOWN)}</summary>
        {items(value.slice(ITEMS_SHOWN))}
      </details>
    </>
  );
}
