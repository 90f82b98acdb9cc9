import { type ReactNode, useState } from "react";
import { useTexts } from "../text/texts.tsx";
import classes from "./difference.module.css";

/** Rows put on the page at once. */
const ROWS_AT_ONCE = 200;

/** A long list a part at a time. */
export function Growing<T>(props: { readonly items: readonly T[]; readonly children: (item: T) => ReactNode }) {
  const { difference } = useTexts();
  const [count, setCount] = useState(ROWS_AT_ONCE);
  const rest = props.items.length - count;
  return (
    <>
      {props.items.slice(0, count).map(props.children)}
      {rest > 0 && (
        <li>
          <button type="button" className={classes.row} onClick={() => setCount(count + ROWS_AT_ONCE)}>
            {difference.more(rest)}
          </button>
        </li>
      )}
    </>
  );
}
