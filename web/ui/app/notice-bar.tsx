import { useEffect } from "react";
import { useNotice } from "./notice.ts";
import classes from "./topology-page.module.css";

const SHOWN_MS = 3_500;

export function NoticeBar() {
  const text = useNotice((state) => state.text);
  useEffect(() => {
    if (text === undefined) return;
    const timer = setTimeout(() => useNotice.setState({ text: undefined }), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <div role="status" className={classes.notice} data-empty={text === undefined}>
      {text}
    </div>
  );
}
