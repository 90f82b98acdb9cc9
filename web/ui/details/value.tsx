import type { AttributeValue } from "../../../core/element.ts";
import { useTexts } from "../text/texts.tsx";
import classes from "./panel.module.css";

/** An attribute's value; a list one item a line; what is not there is said. */
export function Value(props: { readonly value: AttributeValue | undefined }) {
  const { details } = useTexts();
  const { value } = props;
  if (value === undefined) return <span className={classes.absent}>{details.absent}</span>;
  if (typeof value === "boolean") return value ? details.yes : details.no;
  if (typeof value === "string" || typeof value === "number") return String(value);
  return value.map((item) => <div key={item}>{item}</div>);
}
