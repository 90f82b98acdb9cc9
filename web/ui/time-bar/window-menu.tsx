import { Button, Menu, TextInput } from "@mantine/core";
import { useState } from "react";
import { Dialog } from "../app/dialog.tsx";
import { useView } from "../app/view.ts";
import { durationText, fromInputValue, toInputValue } from "../model/time-text.ts";
import { instant, MAX_SPAN_MS, MIN_SPAN_MS, SPANS_MS } from "../model/view-clock.ts";
import { useTexts } from "../text/texts.tsx";
import { Icon } from "../theme/icon.tsx";
import classes from "./time-bar.module.css";

export function WindowMenu() {
  const texts = useTexts();
  const { timeBar } = texts;
  const { spanMs, go } = useView();
  const [isOpen, setOpen] = useState(false);
  const { m15, h1, h6, d1, d7 } = timeBar.span;
  const names = [m15, h1, h6, d1, d7];
  const current = names.find((_, index) => SPANS_MS[index] === spanMs) ?? durationText(spanMs, texts);
  return (
    <>
      <Menu position="top-end">
        <Menu.Target>
          <Button
            rightSection={<Icon name="chevron" size={12} />}
            aria-label={`${timeBar.window}: ${current}`}
            data-testid="window"
          >
            {current}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{timeBar.window}</Menu.Label>
          {SPANS_MS.map((each, at) => (
            <Menu.Item
              key={each}
              onClick={() => void go({ span: each, end: undefined })}
              rightSection={each === spanMs ? <Icon name="check" size={14} /> : null}
              data-testid={`window-${at}`}
            >
              {names[at]}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => setOpen(true)}>{timeBar.span.custom}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <CustomWindow isOpen={isOpen} onClose={() => setOpen(false)} />
    </>
  );
}

function CustomWindow(props: { readonly isOpen: boolean; readonly onClose: () => void }) {
  const texts = useTexts();
  const { timeBar } = texts;
  const { window, moment, now, go } = useView();
  const [fields, setFields] = useState<{ readonly from: string; readonly to: string }>();
  const { from, to } = fields ?? { from: toInputValue(window.from), to: toInputValue(window.to) };
  const [begin, end] = [fromInputValue(from), fromInputValue(to)];
  const span = begin === undefined || end === undefined ? 0 : end - begin;
  const isValid = span >= MIN_SPAN_MS && span <= MAX_SPAN_MS;
  const apply = (): void => {
    if (begin === undefined || end === undefined || !isValid) return;
    const isToNow = end >= now - MIN_SPAN_MS;
    void go({
      span,
      end: isToNow ? undefined : end,
      at: isToNow ? undefined : instant(Math.min(end, Math.max(begin, moment))),
    });
    setFields(undefined);
    props.onClose();
  };
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title={timeBar.customTitle} size={360}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        <TextInput
          type="datetime-local"
          step={1}
          label={timeBar.customFrom}
          value={from}
          onChange={(event) => setFields({ from: event.currentTarget.value, to })}
        />
        <TextInput
          type="datetime-local"
          step={1}
          label={timeBar.customTo}
          value={to}
          onChange={(event) => setFields({ from, to: event.currentTarget.value })}
          error={isValid ? undefined : timeBar.customInvalid}
        />
        <Button type="submit" variant="filled" disabled={!isValid}>
          {timeBar.customApply}
        </Button>
      </form>
    </Dialog>
  );
}
