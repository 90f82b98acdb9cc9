import type { ReactNode } from "react";
import classes from "./capacity.module.css";

/** A table that scrolls by itself where the screen is too narrow for it. */
export function WideTable(props: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className={classes.scroll} aria-label={props.label} tabIndex={0}>
      {props.children}
    </section>
  );
}
