import classes from "./capacity.module.css";
import type { Urgency } from "./capacity-words.ts";

/** How much of the whole is used; the words beside it say the same. */
export function ShareBar({ share, urgency }: { readonly share: number; readonly urgency: Urgency }) {
  const width = Math.min(1, Math.max(0, share)) * 100;
  return (
    <svg
      className={classes.bar}
      data-urgency={urgency}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <rect className={classes.barAll} width="100" height="8" />
      <rect className={classes.barUsed} width={width} height="8" />
    </svg>
  );
}
