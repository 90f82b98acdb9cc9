import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { problemFrom } from "../api/client.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon, type IconName } from "../theme/icon.tsx";
import classes from "./faces.module.css";

interface Size {
  /** For a face inside a panel. */
  readonly small?: boolean;
}

const classOf = ({ small }: Size): string => (small === true ? `${classes.face} ${classes.small}` : `${classes.face}`);

export function LoadingFace(props: Size & { readonly text?: string }) {
  const texts = useTexts();
  return (
    <div className={classOf(props)} role="status" data-testid="face-loading">
      <div className={classes.bar} />
      <span>{props.text ?? texts.faces.loading}</span>
    </div>
  );
}

export function EmptyFace(
  props: Size & {
    readonly title: string;
    readonly hint: string;
    readonly icon?: IconName;
    readonly children?: ReactNode;
  },
) {
  return (
    <div className={classOf(props)} data-testid="face-empty">
      {props.icon !== undefined && <Icon name={props.icon} size={24} />}
      <p className={classes.title}>{props.title}</p>
      <p className={classes.hint}>{props.hint}</p>
      {props.children}
    </div>
  );
}

/** Says what went wrong in the server's words, and what to do. */
export function ErrorFace(props: Size & { readonly error: Error; readonly retry?: () => void }) {
  const texts = useTexts();
  const { code, detail, hint } = problemFrom(props.error);
  return (
    <div className={classOf(props)} role="alert" data-testid="face-error">
      <Icon name="warning" size={24} />
      <p className={classes.title}>{detail}</p>
      <p className={classes.hint}>{hint}</p>
      <p className={classes.code}>{code}</p>
      {props.retry !== undefined && <Button onClick={props.retry}>{texts.faces.retry}</Button>}
    </div>
  );
}
